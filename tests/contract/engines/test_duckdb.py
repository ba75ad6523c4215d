"""DuckDB keeps the contract, and reaches nothing but the file."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from ckanext.datapusher_plus.core.errors import EngineFailed
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.engines import Can, DuckdbEngine, repeats
from ckanext.datapusher_plus.engines.base import require
from ckanext.datapusher_plus.engines.repeats import find

from .rows import BoundsContract, DistinctContract, DuplicatesContract
from .standard import (
    CountContract,
    MisfitContract,
    ProfileContract,
    SearchContract,
    StatisticsContract,
    csv,
    flights_table,
)

__all__ = ["csv", "flights_table"]


class TestDuckdb(
    ProfileContract,
    CountContract,
    MisfitContract,
    DuplicatesContract,
    DistinctContract,
    BoundsContract,
    StatisticsContract,
    SearchContract,
):
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


def test_a_file_that_is_gone_is_told_in_plain_words(tmp_path: Path) -> None:
    gone = CleanCsv(path=tmp_path / "gone.csv", header=("a",), format="CSV", encoding="UTF-8")
    with pytest.raises(EngineFailed, match="because the copy of the file .* is gone") as raised:
        DuckdbEngine(work_dir=tmp_path).profile(gone, ("a",))
    assert not re.search("duckdb|engine|profile", str(raised.value), re.IGNORECASE)
    assert "gone.csv" in str(raised.value.__cause__)


def test_a_file_that_duckdb_cannot_read_is_told_in_plain_words(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2,3\n")
    with pytest.raises(EngineFailed, match="not examine its values") as raised:
        DuckdbEngine(work_dir=tmp_path).profile(
            CleanCsv(path=wrong, header=("a", "b"), format="CSV", encoding="UTF-8"), ("a", "b")
        )
    assert not re.search("duckdb|engine|profile", str(raised.value), re.IGNORECASE)
    assert isinstance(raised.value.__cause__, duckdb.Error)


def test_an_engine_without_the_ability_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed) as raised:
        require(DuckdbEngine(work_dir=tmp_path, can=frozenset({Can.PROFILE})), Can.FIND_MISFITS)
    assert str(raised.value.__cause__) == "DuckDB cannot find the values that a type does not take"


@pytest.mark.parametrize("at_once", [1, 20, 40, 80])
def test_repeats_are_found_in_parts_too(at_once: int, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n" + "".join(f"{n}\n" for n in (5, 1, 2, 1, 2, 3, 1)))
    table = CleanCsv(path=path, header=("a",), format="CSV", encoding="UTF-8")
    for certain in (True, False):
        found = find(table, certain=certain, at_once=at_once)
        assert (found.number, list(found.rows), found.first) == (3, [4, 5, 7] if certain else [], (4, 2))


def test_a_row_is_in_one_part_only(tmp_path: Path) -> None:
    path, numbers = tmp_path / "t.csv", [*range(200), *range(200)]
    path.write_text("a\n" + "".join(f"{n}\n" for n in numbers))
    table = CleanCsv(path=path, header=("a",), format="CSV", encoding="UTF-8", rows=400)
    # so many parts that some hashes are at the ends of theirs
    assert list(find(table, certain=True, at_once=1).rows) == list(range(201, 401))


@pytest.mark.parametrize("certain", [True, False])
def test_repeats_in_different_pieces_are_found(tmp_path: Path, certain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_SORTED_AT_ONCE", 10)
    monkeypatch.setattr(repeats, "_READ_AT_ONCE", 7)
    path, numbers = tmp_path / "t.csv", [n * n % 499 for n in range(1, 1001)]
    path.write_text("a\n" + "".join(f"{n}\n" for n in numbers))
    table = CleanCsv(path=path, header=("a",), format="CSV", encoding="UTF-8", rows=1000)
    expected = [row for row, n in enumerate(numbers, 1) if n in numbers[: row - 1]]
    found = find(table, certain=certain, at_once=3000)
    first = (expected[0], numbers.index(numbers[expected[0] - 1]) + 1)
    assert (found.number, list(found.rows), found.first) == (len(expected), expected if certain else [], first)
    assert list(tmp_path.iterdir()) == [path]
