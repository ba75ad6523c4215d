"""Count the rows that a load adds, removes and changes, by the table's unique key."""

from __future__ import annotations

from ..core.dictionary.personal import is_personal
from ..core.difference import KeyedRows
from ..core.errors import IngestError
from ..core.message import say
from ..core.values import ColumnSpec, LoadPlan, Log
from ..datastore import keyed_rows as counting

#: larger tables are not compared: the file is copied into the database for it
MOST_BYTES, MOST_ROWS = 256 << 20, 2_000_000


def keyed_rows(plan: LoadPlan, log: Log) -> KeyedRows | None:
    """Return how many rows are new, gone and different; None without a unique key, or if they cannot be counted."""
    same = {each.name: each for each in _alike(plan)}
    keys = plan.kept.unique_keys if plan.kept and plan.live else ()
    key = next((key for key in keys if all(name in same for name in key)), None)
    if key is None or plan.difference is None:
        return None
    rows = max(plan.rows, plan.difference.rows_before or 0)
    if rows > MOST_ROWS or plan.csv.path.stat().st_size > MOST_BYTES:
        log.info(say("The table is too large to count which of its rows change."))
        return None
    shows = not any(name in plan.personal or _is_personal(plan, name) for name in key)
    try:
        return counting.count(plan, key, [name for name in same if name not in key], shows=shows)
    except IngestError:
        log.info(say("It could not be counted which rows change."))
        return None


def _alike(plan: LoadPlan) -> tuple[ColumnSpec, ...]:
    """Return the columns that table and file have with the same type."""
    types = {column.name: column.type for column in plan.kept.columns} if plan.kept else {}
    return tuple(column for column in plan.columns if types.get(column.name) == column.type)


def _is_personal(plan: LoadPlan, name: str) -> bool:
    column = plan.kept.column(name) if plan.kept else None
    return column is not None and is_personal(column.comment)
