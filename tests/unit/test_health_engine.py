"""What `check` says of qsv, by the option analysis_engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.health.engine import qsv
from tests.qsv import written

NOTHING = "/nowhere/qsvdp is not a program that can be run"
INSTALL = "Install qsv, and give its path to ckanext.datapusher_plus.qsv_bin. "
OR_DUCKDB = "Or set ckanext.datapusher_plus.analysis_engine to duckdb."


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    before = settings.current()
    yield
    settings.use(before)


def told(choice: str, qsv_bin: str) -> tuple[str, str, str]:
    """Return state, sentence and advice with these options."""
    settings.use(replace(settings.current(), analysis_engine=choice, qsv_bin=qsv_bin))
    found = qsv()
    return found.state.value, found.sentence, found.advice


@pytest.mark.parametrize(
    ("choice", "state", "sentence", "advice"),
    [
        ("duckdb", "ok", f"{NOTHING}; nothing here needs it.", ""),
        ("auto", "warn", f"DuckDB examines all files, because {{}} is auto, and {NOTHING}.", INSTALL + OR_DUCKDB),
        ("qsv", "fail", f"Every load fails, because {{}} is qsv, and {NOTHING}.", INSTALL + OR_DUCKDB),
    ],
)
def test_a_qsv_that_is_missing_matters_where_it_is_wanted(choice: str, state: str, sentence: str, advice: str) -> None:
    option = "ckanext.datapusher_plus.analysis_engine"
    assert told(choice, "/nowhere/qsvdp") == (state, sentence.format(option), advice)


@pytest.mark.parametrize(("choice", "state"), [("duckdb", "ok"), ("auto", "warn"), ("qsv", "fail")])
def test_one_that_is_too_old_is_as_good_as_none(choice: str, state: str, tmp_path: Path) -> None:
    old = written(tmp_path, version="13.0.0")
    found = told(choice, str(old))
    assert (found[0], f"{old} is qsvlite 13.0.0, and 16.1 or newer is needed" in found[1]) == (state, True)


@pytest.mark.parametrize("choice", ["qsv", "auto"])
def test_one_that_can_be_used_is_named(choice: str, tmp_path: Path) -> None:
    program = written(tmp_path)
    sentence = f"{program} is qsvlite 16.1.0; it examines files, and DuckDB does what it cannot do."
    assert told(choice, str(program)) == ("ok", sentence, "")


def test_one_that_is_broken_is_told_although_nothing_needs_it(tmp_path: Path) -> None:
    (tmp_path / "qsv").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "qsv").chmod(0o755)
    state, sentence, advice = told("duckdb", str(tmp_path / "qsv"))
    assert (state, " does not run: " in sentence) == ("warn", True)
    assert advice == "Install it anew, or remove it; nothing here needs it."
