"""Check the types that people asked for in the dictionary against the values, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.errors import ValueDoesNotFit
from ..core.values import Analysed, ColumnSpec, Log
from ..engines.base import Can, require
from .analyse import engine_for


def check(analysed: Analysed, columns: Sequence[ColumnSpec], log: Log) -> None:
    """Look for a value that its column's type does not take, in those columns where the profile leaves it open.

    :raises ValueDoesNotFit: naming the first one, with its row.
    """
    engine = engine_for(analysed.csv.path.parent)
    for position, column in enumerate(columns):
        if column.accepts is None:
            continue
        require(engine, Can.FIND_MISFITS)
        misfits = engine.misfits(analysed.csv, position, column.accepts, 1)
        if misfits:
            raise ValueDoesNotFit(column.name, misfits[0].value[:100], column.type, misfits[0].row)
        log.info(f"Every value of “{column.name}” can be read as {column.type}, as the Data Dictionary asks.")
