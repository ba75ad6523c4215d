"""qsv keeps the contract, run by this plugin and by its own client. These tests exist where qsv does: `make qsv`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from ckanext.datapusher_plus.engines import QsvEngine
from ckanext.datapusher_plus.engines.qsv_process import Program
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
        def engine(self, request: pytest.FixtureRequest, tmp_path: Path) -> QsvEngine:
            return QsvEngine(program=program(tmp_path, request.param), work_dir=tmp_path)

    def program(folder: Path, run_by: str) -> Program:
        """Return this machine's qsv, or one that says that it is new enough for qsv's client."""
        assert QSV
        return QSV if run_by == "alone" else script(folder, f'exec {QSV.path} "$@"', "25.0.0")
