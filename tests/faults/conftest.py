"""The soak takes minutes and is a part of `--faults=all` only."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the soak out of an everyday run."""
    return True if collection_path.name == "test_soak.py" and config.option.faults == "some" else None
