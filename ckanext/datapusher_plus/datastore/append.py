"""Rows that are added to a live table: made ready beside it, and put into it in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import errors, sql

from ..checkpoint import reach
from ..core.append import AppendRange
from ..core.errors import RowsLost, TableTouched
from . import catalog, ddl, raw, stage, swap

#: Transactions after which their numbers, of which rows keep 32 bits, tell too little of what came before what.
_LONG_AGO = 1_000_000_000


def is_as_left(connection: psycopg.Connection, table: str, tail: AppendRange) -> bool:
    """Tell whether the table has just the rows that its last load has left, and none has been changed since.

    Whoever inserts or updates leaves the number of a newer transaction in the row; whoever deletes, fewer rows.
    """
    if catalog.oid_of(connection, table) != tail.table:
        return False
    query = sql.SQL(
        "SELECT count(*) = {rows} AND count(*) FILTER (WHERE age(xmin) < age({xid}::xid)) = 0"
        " AND txid_snapshot_xmax(txid_current_snapshot()) - {full} < {most} FROM {table}"
    ).format(
        rows=sql.Literal(tail.after),
        xid=sql.Literal(str(tail.transaction % 2**32)),
        full=sql.Literal(tail.transaction),
        most=sql.Literal(_LONG_AGO),
        table=ddl.public(table),
    )
    row = connection.execute(query).fetchone()
    return row is not None and bool(row[0])


def add(
    connection: psycopg.Connection, table: str, beside: str, names: Sequence[str], tail: AppendRange, *, rows: int
) -> None:
    """Move the rows from ``beside`` into the live table, in the transaction that is under way.

    Readers see none of them before it is committed; whoever else wants to write waits until then.

    :param rows: how many the table has afterwards.
    :raises TableTouched: when the table is not as its last load has left it.
    :raises psycopg.errors.LockNotAvailable: when others who write did not let go of it.
    """
    try:
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(ddl.public(table)))
    except errors.UndefinedTable as error:
        raise TableTouched from error
    reach("append.locked")
    if not is_as_left(connection, table, tail):
        raise TableTouched
    # the rows bring their text along; the trigger would write one where there is to be none
    stage.full_text_by_trigger(connection, table, on=False)
    moved = connection.execute(stage.move(beside, table, names)).rowcount
    stage.full_text_by_trigger(connection, table, on=True)
    if tail.after + moved != rows:
        raise RowsLost(rows, tail.after + moved)
    raw.drop(connection, beside)
    stage.number_on(connection, table, rows)
    swap.write_count(connection, table, rows)
    reach("append.added")
