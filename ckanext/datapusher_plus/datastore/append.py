"""Append rows to a live table: they are prepared in a table beside it and added in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import errors, sql

from ..checkpoint import reach
from ..core.append import AppendRange
from ..core.errors import RowsLost, TableTouched
from . import catalog, ddl, raw, stage, swap, touched


def is_as_left(connection: psycopg.Connection, table: str, tail: AppendRange) -> bool:
    """Return whether the table has exactly the rows that its last load left, and none was changed since."""
    if catalog.oid_of(connection, table) != tail.table:
        return False
    return touched.changed_since(connection, table, tail.transaction, tail.after) is False


def add(
    connection: psycopg.Connection, table: str, beside: str, names: Sequence[str], tail: AppendRange, *, rows: int
) -> None:
    """Move the rows from ``beside`` into the live table, in the current transaction.

    Readers do not see them before the commit; other writers wait until then.

    :param rows: number of rows that the table has afterwards.
    :raises TableTouched: when the table is not as its last load left it.
    :raises psycopg.errors.LockNotAvailable: when other writers did not release the table in time.
    """
    try:
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(ddl.public(table)))
    except errors.UndefinedTable as error:
        raise TableTouched from error
    reach("append.locked")
    if not is_as_left(connection, table, tail):
        raise TableTouched
    # the rows already have their _full_text; the trigger would fill it where it is NULL on purpose
    stage.full_text_by_trigger(connection, table, on=False)
    moved = connection.execute(stage.move(beside, table, names)).rowcount
    stage.full_text_by_trigger(connection, table, on=True)
    if tail.after + moved != rows:
        raise RowsLost(rows, tail.after + moved)
    raw.drop(connection, beside)
    stage.number_on(connection, table, rows)
    swap.write_count(connection, table, rows)
    reach("append.added")
