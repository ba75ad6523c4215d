"""The check of qsv, the engine that a site may use beside DuckDB or instead of it."""

from __future__ import annotations

from ..engines import Choice
from ..engines.qsv_process import QsvUnusable, usable
from ..settings import PREFIX, current
from .finding import Verdict, fail, ok, warn


def qsv() -> Verdict:
    """Report which qsv is here, and whether the option ``analysis_engine`` needs it."""
    choice = Choice(current().analysis_engine)
    try:
        program = usable(current().qsv_bin)
    except QsvUnusable as error:
        return _not_needed(error) if choice is Choice.DUCKDB else _needed(error, choice)
    found = f"{program.path} is {program.title}"
    if choice is Choice.DUCKDB:
        return ok(f"{found}; nothing here needs it.")
    return ok(f"{found}; it examines files, and DuckDB does what it cannot do.")


def _needed(error: QsvUnusable, choice: Choice) -> Verdict:
    option = f"{PREFIX}analysis_engine"
    advice = f"Install qsv, and give its path to {PREFIX}qsv_bin. Or set {option} to duckdb."
    if choice is Choice.QSV:
        return fail(f"Every load fails, because {option} is qsv, and {error}.", advice)
    return warn(f"DuckDB examines all files, because {option} is auto, and {error}.", advice)


def _not_needed(error: QsvUnusable) -> Verdict:
    if error.broken:
        return warn(f"{error}.", "Install it anew, or remove it; nothing here needs it.")
    return ok(f"{error}; nothing here needs it.")
