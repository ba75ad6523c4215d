"""From how many rows of a wide table the planner's statistics are made."""

from __future__ import annotations

#: PostgreSQL's default number of common values and ranges per column.
_USUAL = 100
#: Rows that ANALYZE reads for each of them.
_ROWS = 300
#: Steps that the statistics of one table may take, which are a few tenths of a second. To find a value, ANALYZE walks
#: over all values before it in the row, so that its time grows with the square of the number of columns.
_STEPS = 100_000_000


def statistics_target(columns: int) -> int | None:
    """Return the greatest ``default_statistics_target`` for a table of so many columns, None to leave the server's.

    It is 0 for a table with so many columns that even the lowest target, 1, takes too many steps.
    """
    rows = 2 * _STEPS // max(1, columns) ** 2
    target = rows // _ROWS
    return target if target < _USUAL else None
