"""Check the types that people asked for in the dictionary against the values, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.quarantine import Check
from ..core.values import Analysed, CleanCsv, ColumnSpec, Log
from ..engines.base import Can, require
from .analyse import engine_for
from .quarantine import sift


def check(analysed: Analysed, columns: Sequence[ColumnSpec], log: Log) -> CleanCsv:
    """Return the table without the rows in which a value is none that its column's type takes.

    Only those columns are looked at in which the profile leaves it open.

    :raises ValueDoesNotFit, RaggedRow: naming the first row that cannot be loaded, when there are too many.
    """
    engine = engine_for(analysed.csv.path.parent)
    first: dict[int, int] = {}
    for position, column in enumerate(columns):
        if column.accepts is None:
            continue
        require(engine, Can.FIND_MISFITS)
        misfits = engine.misfits(analysed.csv, position, column.accepts, 1)
        if misfits:
            first[position] = misfits[0].row
        else:
            log.info(f"Every value of “{column.name}” can be read as {column.type}, as the Data Dictionary asks.")
    checks = [
        Check(position=position, column=column.name, type=column.type, accepts=column.accepts)
        for position, column in enumerate(columns)
        if position in first and column.accepts
    ]
    if not checks:
        return analysed.csv
    counted = replace(analysed.csv, rows=analysed.rows)
    return sift(counted, "fitting.csv", log, checks=checks, fine=min(first.values()) - 1)
