"""Which engine examines a file, and what happens when it cannot. Shell scripts take the place of a qsv that fails."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.errors import EngineFailed
from ckanext.datapusher_plus.core.statistics import Measure
from ckanext.datapusher_plus.core.types import patterns
from ckanext.datapusher_plus.core.types.patterns import Accepts
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.engines import Can, Choice, DuckdbEngine, Duplicates, Engine, Look, Sought, engine
from ckanext.datapusher_plus.steps.analyse import engine_for
from tests.qsv import script, written

NUMBER = Accepts(forms=(patterns.LENIENT_NUMBER,))
LOOKS = [Look(position=0, form=patterns.LENIENT_NUMBER)]


@pytest.fixture
def table(tmp_path: Path) -> CleanCsv:
    """A table of one column."""
    path = tmp_path / "table.csv"
    path.write_text("a\n1\n+2\nx\n")
    return CleanCsv(path=path, header=("a",), format="CSV", encoding="UTF-8", rows=3)


def chosen(choice: str, tmp_path: Path, qsv_bin: str = "") -> Engine:
    """Return the engine that the options name."""
    return engine(Choice(choice), qsv_bin=qsv_bin, work_dir=tmp_path, threads=1)


def test_duckdb_is_the_default_and_asks_no_qsv(tmp_path: Path) -> None:
    defaults = settings.read(settings.declared_defaults())
    assert (defaults.analysis_engine, defaults.qsv_bin) == ("duckdb", "")
    assert isinstance(chosen("duckdb", tmp_path, str(tmp_path / "nothing")), DuckdbEngine)


@pytest.mark.parametrize("failing", ["echo 'csv error: x' >&2; exit 1", "kill -KILL $$", "echo field,value; echo 1,2"])
def test_duckdb_answers_each_question_at_which_qsv_fails_if_the_choice_is_auto(
    failing: str, table: CleanCsv, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    duckdb = chosen("duckdb", tmp_path)
    auto = chosen("auto", tmp_path, script(tmp_path, failing).path)
    assert auto.profile(table, ("a",)) == duckdb.profile(table, ("a",))
    assert auto.count(table, LOOKS) == duckdb.count(table, LOOKS) == (2,)
    assert auto.misfits(table, {0: NUMBER}) == duckdb.misfits(table, {0: NUMBER})
    assert auto.distinct(table, [0]) == duckdb.distinct(table, [0]) == (3,)
    assert auto.duplicates(table) == duckdb.duplicates(table) == Duplicates(number=0)
    measures = {0: Measure.TEXT}
    with auto.counted(table, measures, 60) as one, duckdb.counted(table, measures, 60) as other:
        assert one.describe() == other.describe()
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line.split(", so")[0] for line in lines] == [
        "qsv did not profile all values of a table",
        "qsv did not count the values that are written in some form",
        "qsv did not count the different values of a column",
        "qsv did not describe the values of a column by figures",
    ]


def test_a_failure_of_qsv_ends_the_load_if_the_choice_is_qsv(table: CleanCsv, tmp_path: Path) -> None:
    only = chosen("qsv", tmp_path, script(tmp_path, "echo 'csv error: x@example.org' >&2; exit 1").path)
    with pytest.raises(EngineFailed, match="could read the file, but not examine its values") as raised:
        only.profile(table, ("a",))
    assert "example.org" not in str(raised.value)
    assert "example.org" in str(raised.value.__cause__)


def test_a_table_that_takes_too_much_memory_is_told(table: CleanCsv, tmp_path: Path) -> None:
    only = chosen("qsv", tmp_path, script(tmp_path, "kill -KILL $$").path)
    with pytest.raises(EngineFailed, match="because that takes more than 320 MiB of memory"):
        only.profile(table, ("a",))


def test_a_file_that_is_gone_is_told(table: CleanCsv, tmp_path: Path) -> None:
    only = chosen("qsv", tmp_path, script(tmp_path).path)
    gone = replace(table, path=tmp_path / "gone.csv")
    for ask in (lambda: only.profile(gone, ("a",)), lambda: only.misfits(gone, {0: NUMBER})):
        with pytest.raises(EngineFailed, match="because the copy of the file .* is gone"):
            ask()


def test_duckdb_does_what_qsv_has_no_ability_for(table: CleanCsv, tmp_path: Path) -> None:
    only = chosen("qsv", tmp_path, script(tmp_path).path)
    assert only.can == frozenset(Can)
    sought = [Sought(pattern="^[a-z]$", positions=(0,))]
    assert [hits.count for hits in only.search(table, sought, shortest=1, most=5)] == [1]
    assert only.bounds(table, 0, 0).places == 2


def test_a_full_disk_is_no_failure_of_the_engine(table: CleanCsv, tmp_path: Path) -> None:
    full = script(tmp_path, "echo 'io error: No space left on device (os error 28)' >&2; exit 1")
    with pytest.raises(OSError, match="No space left on device"):
        chosen("auto", tmp_path, full.path).profile(table, ("a",))


def test_without_a_qsv_that_can_be_used_duckdb_does_all_or_the_load_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = written(tmp_path, version="15.0.0")
    assert isinstance(chosen("auto", tmp_path, str(old)), DuckdbEngine)
    assert f"{old} is qsvlite 15.0.0, and 16.1 or newer is needed" in caplog.text
    with pytest.raises(EngineFailed, match="because qsv, the program for it, is missing or cannot be used"):
        chosen("qsv", tmp_path, str(old))


def test_the_site_s_options_choose(tmp_path: Path) -> None:
    before = settings.current()
    settings.use(replace(before, analysis_engine="qsv", qsv_bin=str(tmp_path / "nothing")))
    try:
        with pytest.raises(EngineFailed):
            engine_for(tmp_path, Can.PROFILE)
    finally:
        settings.use(before)
