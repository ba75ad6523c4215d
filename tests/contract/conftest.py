"""Say which engines the contract is tested with."""

from __future__ import annotations

import pytest

from tests.qsv import here


@pytest.hookimpl
def pytest_report_collectionfinish() -> str:
    """Name them below the number of tests."""
    found = here()
    return f"engines: DuckDB, {found.title} ({found.path})" if found else "engines: DuckDB (`make qsv` adds qsv)"
