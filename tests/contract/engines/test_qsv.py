"""qsv keeps the contract, run by this plugin and by its own client. These tests exist where qsv does: `make qsv`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from ckanext.datapusher_plus.core.errors import EngineFailed
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.engines import QsvEngine
from ckanext.datapusher_plus.engines.qsv_process import Program, QsvFailed, limits_for, run
from ckanext.datapusher_plus.engines.shorten import KEPT
from tests.qsv import here, script

from .rows import DistinctContract, DuplicatesContract
from .standard import CountContract, MisfitContract, ProfileContract, StatisticsContract, csv, flights_table

__all__ = ["csv", "flights_table"]

QSV = here()

if QSV:

    class TestQsv(
        ProfileContract, CountContract, MisfitContract, DuplicatesContract, DistinctContract, StatisticsContract
    ):
        """The second engine."""

        @pytest.fixture(params=["alone", "client"] if find_spec("qsv_client") else ["alone"])
        def engine(
            self, request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
        ) -> QsvEngine:
            return QsvEngine(program=program(tmp_path_factory.mktemp("qsv"), request.param), work_dir=tmp_path)

    def wide(folder: Path, value: Callable[[int], str], rows: int, columns: int = 6) -> CleanCsv:
        """Write a table in which every value is different."""
        header = tuple(f"c{n}" for n in range(columns))
        path = folder / "wide.csv"
        with path.open("w") as file:
            file.write(",".join(header) + "\n")
            file.writelines(",".join(value(row * columns + n) for n in range(columns)) + "\n" for row in range(rows))
        return CleanCsv(path=path, header=header, format="CSV", encoding="UTF-8", rows=rows)

    def test_columns_that_are_too_much_memory_together_are_counted_in_parts(tmp_path: Path) -> None:
        table = wide(tmp_path, lambda number: f"a value with number {number}", 150_000)
        assert QSV
        found = QsvEngine(program=QSV, work_dir=tmp_path, memory=160 << 20).profile(table, table.header)
        assert found.rows == 150_000
        assert {column.values for column in found.columns} == {150_000}
        every = ("frequency", "--limit=0", "--unq-limit=0", str(table.path))
        with pytest.raises(QsvFailed) as raised:
            run(QSV, every, folder=tmp_path, limits=limits_for(1, 160 << 20))
        assert raised.value.memory

    def test_long_values_that_are_too_much_memory_are_cut_but_not_to_count_different_ones(tmp_path: Path) -> None:
        table = wide(tmp_path, lambda number: f"{number}" + "x" * 1_000_000, 200, columns=1)
        assert QSV
        engine = QsvEngine(program=QSV, work_dir=tmp_path, memory=160 << 20)
        assert engine.profile(table, table.header).columns[0].max_length == KEPT
        with pytest.raises(EngineFailed, match="because that takes more than 320 MiB of memory"):
            engine.distinct(table, [0])

    def program(folder: Path, run_by: str) -> Program:
        """Return this machine's qsv, or one that says that it is new enough for qsv's client."""
        assert QSV
        return QSV if run_by == "alone" else script(folder, f'exec {QSV.path} "$@"', "25.0.0")
