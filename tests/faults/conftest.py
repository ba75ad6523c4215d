"""Collect the soak only with `--faults=all`, because it takes minutes."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore the soak with `--faults=some`."""
    return True if collection_path.name == "test_soak.py" and config.option.faults == "some" else None
