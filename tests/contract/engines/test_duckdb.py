"""DuckDB keeps the contract, and reaches nothing but the file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ckanext.datapusher_plus.core.errors import EngineFailed
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.engines import Can, DuckdbEngine
from ckanext.datapusher_plus.engines.base import require

from .standard import CountContract, MisfitContract, ProfileContract, csv

__all__ = ["csv"]


class TestDuckdb(ProfileContract, CountContract, MisfitContract):
    """The default engine."""

    @pytest.fixture
    def engine(self, tmp_path: Path) -> DuckdbEngine:
        return DuckdbEngine(work_dir=tmp_path)


@pytest.mark.parametrize("query", ["FROM read_csv('/etc/passwd')", "INSTALL httpfs", "SET memory_limit = '9GB'"])
def test_nothing_else_is_in_reach(query: str, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a\n1\n")
    with DuckdbEngine(work_dir=tmp_path).connected(table) as connection, pytest.raises(duckdb.Error):
        connection.execute(query)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    gone = CleanCsv(path=tmp_path / "gone.csv", header=("a",), format="CSV", encoding="UTF-8")
    with pytest.raises(EngineFailed, match="DuckDB could not profile all values"):
        DuckdbEngine(work_dir=tmp_path).profile(gone, ("a",))


def test_an_engine_without_the_ability_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="could not find the values"):
        require(DuckdbEngine(work_dir=tmp_path, can=frozenset({Can.PROFILE})), Can.FIND_MISFITS)
