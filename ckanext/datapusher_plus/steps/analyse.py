"""Look at every value of the table and name its columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..checkpoint import reach
from ..core.errors import RowsLost
from ..core.naming import column_names, renamed
from ..core.values import Analysed, CleanCsv, Log
from ..engines import DuckdbEngine, Engine
from ..engines.base import Can, require
from ..settings import current

#: enough to see a pattern; a file may have 1,598 columns
_MOST_LINES = 25


def analyse(csv: CleanCsv, log: Log) -> Analysed:
    """Profile all rows of a validated table.

    :raises RowsLost: when the engine saw another number of rows than the check of the file did.
    """
    names = column_names(csv.header, unsafe_prefix=current().unsafe_prefix, reserved=current().reserved_colnames)
    _tell(renamed(csv.header, names), log)
    engine = engine_for(csv.path.parent)
    require(engine, Can.PROFILE)
    profiled = engine.profile(csv, names)
    if csv.rows is not None and profiled.rows != csv.rows:
        raise RowsLost(csv.rows, profiled.rows)
    reach("analyse.after")
    return Analysed(csv=csv, rows=profiled.rows, columns=profiled.columns)


def engine_for(work_dir: Path) -> Engine:
    """Return this site's engine, with the run's own folder for what does not fit in memory."""
    return DuckdbEngine(work_dir=work_dir, threads=current().parallelism)


def _tell(changed: Sequence[tuple[str, str]], log: Log) -> None:
    for header, name in changed[:_MOST_LINES]:
        log.info(f"Column “{_shown(header)}” is called “{name}” in the table; its heading is kept as its label.")
    if len(changed) > _MOST_LINES:
        log.info(f"{len(changed) - _MOST_LINES:,} more headings were changed in the same way.")


def _shown(header: str) -> str:
    """Return a heading on one line, so long as a line may be."""
    text = " ".join(header.split())
    return text if len(text) <= 100 else text[:99] + "…"
