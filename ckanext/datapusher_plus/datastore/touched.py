"""Whether somebody has changed the rows of a table since a load or an undo put it in place."""

from __future__ import annotations

import psycopg
from psycopg import sql

from . import catalog, ddl, journal, room

#: Number of transactions after which rows' transaction ids, which have 32 bits, no longer show which came first.
_LONG_AGO = 1_000_000_000
#: Bytes of the largest table that ``is_touched`` reads, in some tenths of a second.
_MOST = 64 << 20


def is_touched(connection: psycopg.Connection, table: str, rows: int | None) -> bool | None:
    """Return whether rows were added, changed or deleted since; None if that is not known, or the table is large.

    :param rows: number of rows that it had then; None: not known, and a DELETE is not noticed.
    """
    put = journal.put_in_place(connection, table)
    if put is None or put[0] != catalog.oid_of(connection, table) or room.size_of(connection, table) > _MOST:
        return None
    return changed_since(connection, table, put[1], rows)


def changed_since(connection: psycopg.Connection, table: str, transaction: int, rows: int | None) -> bool | None:
    """Return whether rows of a table were added, changed or deleted after a transaction; None if that is too long ago.

    An INSERT or UPDATE leaves a newer transaction id in the row; a DELETE leaves fewer rows.

    :param rows: number of rows that it had then; None: not known, and a DELETE is not noticed.
    """
    query = sql.SQL(
        "SELECT count(*) FILTER (WHERE age(xmin) < age({xid}::xid)) > 0 OR count(*) <> coalesce({rows}, count(*)),"
        " txid_snapshot_xmax(txid_current_snapshot()) - {full} < {most} FROM {table}"
    ).format(
        xid=sql.Literal(str(transaction % 2**32)),
        rows=sql.Literal(rows),
        full=sql.Literal(transaction),
        most=sql.Literal(_LONG_AGO),
        table=ddl.public(table),
    )
    found, is_recent = connection.execute(query).fetchone() or (False, False)
    return bool(found) if is_recent else None
