"""The log that publishers read on the DataStore tab."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database, log, records, request
from ckanext.datapusher_plus.runs.log import RunLog


@pytest.fixture
def run_id(clean_db: None) -> str:
    with database.transaction() as connection:
        return request.request(connection, "6f7a1f0c-0000-4000-8000-000000000001", cause="submit")


def lines(run_id: str, limit: int = 10_000) -> list[tuple[str, str]]:
    return [(line.level, line.message) for line in records.log_lines(run_id, limit)]


def test_a_line_can_be_read_while_the_run_goes_on(run_id: str) -> None:
    told = RunLog(run_id)
    told.info("one")
    assert lines(run_id) == [("INFO", "one")]
    told.warning("two")
    told.error("three")
    assert lines(run_id, 2) == [("WARNING", "two"), ("ERROR", "three")]


@pytest.mark.parametrize(("level", "kept"), [("DEBUG", 3), ("INFO", 2), ("WARNING", 1), ("ERROR", 0)])
def test_lines_below_the_level_are_not_kept(level: str, kept: int, run_id: str) -> None:
    before = settings.current()
    settings.use(replace(before, upload_log_level=level))
    try:
        told = RunLog(run_id)
    finally:
        settings.use(before)
    for write in (told.debug, told.info, told.warning):
        write("line")
    assert len(lines(run_id)) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("column\nERROR forged", "column ERROR forged"),
        ("\x1b[31mred\x00", "�[31mred�"),
        ("gpj.\u202ecsv", "gpj.�csv"),
        ("می\u200cخواهم naïve 数据", "می\u200cخواهم naïve 数据"),
        ("https://u:p@h/a.csv?sig=s: it went silent", "https://h/a.csv?…: it went silent"),
        ("x" * log.LONGEST, "x" * log.LONGEST),
        ("x" * (log.LONGEST + 1), "x" * (log.LONGEST - 1) + "…"),
    ],
    ids=[
        "line end",
        "terminal sequence",
        "text turned around",
        "letters of any script",
        "secrets",
        "long",
        "very long",
    ],
)
def test_a_line_is_one_harmless_line(said: str, kept: str, run_id: str) -> None:
    RunLog(run_id).info(said)
    assert lines(run_id) == [("INFO", kept)]


def test_as_many_lines_as_may_be_are_kept_and_one_that_says_that_there_were_more(run_id: str) -> None:
    told, numbers = RunLog(run_id), [str(number) for number in range(log.MOST_LINES)]
    for number in numbers:
        told.info(number)
    assert [message for _, message in lines(run_id)] == numbers
    for _ in range(3):
        told.info("more")
    assert [message for _, message in lines(run_id)] == [*numbers, log.FULL]


def test_progress_is_noted_at_the_edges_of_a_stage_and_now_and_then(run_id: str) -> None:
    moment = 0.0
    told = RunLog(run_id, clock=lambda: moment)
    noted = []
    for moment, done in ((0.0, 0), (0.1, 1), (0.6, 2), (0.7, 3), (0.8, 4)):  # noqa: B007 (the clock reads it)
        told.progress("fill", done, 4)
        noted.append(progress(run_id)["done"])
    told.progress("index", 0, None)
    assert noted == [0, 0, 2, 2, 4]
    assert progress(run_id) == {"stage": "index", "done": 0, "total": None}


def progress(run_id: str) -> dict[str, object]:
    with database.transaction() as connection:
        return connection.execute(sa.select(run.c.progress).where(run.c.id == run_id)).scalar_one()


def test_lines_that_are_gathered_are_written_after_a_moment_and_at_the_end(run_id: str) -> None:
    moment = 0.0
    told = RunLog(run_id, clock=lambda: moment)
    told.gather()
    written = []
    for moment, line in ((0.1, "one"), (0.4, "two"), (0.6, "three"), (0.7, "four")):  # noqa: B007 (the clock reads it)
        told.info(line)
        told.progress(line, 0, None)
        written.append((len(lines(run_id)), (progress(run_id) or {}).get("stage")))
    assert written == [(0, None), (0, None), (3, "two"), (3, "two")]
    told.flush()
    told.info("five")
    assert [message for _, message in lines(run_id)] == ["one", "two", "three", "four", "five"]
    assert progress(run_id)["stage"] == "four"


def test_a_log_that_cannot_be_written_fails_no_run(clean_db: None) -> None:
    told = RunLog("no such run")
    told.info("lost")
    assert lines("no such run") == []
