"""The file as a table of text: COPY straight from disk, no row passes through Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from ..checkpoint import reach
from .ddl import public

#: Number of the row in the file, from 1; CKAN allows no column that starts with an underscore.
ROW = "_n"
#: Below this the cost of a call per block shows; above it nothing more is won.
BLOCK = 1 << 20


def create(connection: psycopg.Connection, table: str, columns: Sequence[str], *, after: int = 0) -> None:
    """Make the table, whose rows are numbered from ``after`` on.

    It is unlogged, because a crash of the database ends the run anyway.
    """
    fields = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
    # the sequence numbers the rows as they come in, whatever order they may lie in
    statement = sql.SQL(
        "CREATE UNLOGGED TABLE {} ({} bigint GENERATED ALWAYS AS IDENTITY (START WITH {} CACHE 1000), {})"
        " WITH (autovacuum_enabled = false)"
    )
    connection.execute(statement.format(public(table), sql.Identifier(ROW), sql.Literal(after + 1), fields))


def copy(
    connection: psycopg.Connection,
    table: str,
    columns: Sequence[str],
    csv: Path,
    progress: Callable[[int], None],
    *,
    start: int = 0,
) -> None:
    """Fill the table from a clean CSV file, telling ``progress`` how many bytes were sent.

    The table must have been made in the same transaction.

    :param start: byte of the file at which the first record begins; 0: after its header.
    """
    fields = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    # frozen rows are not written once more by whoever reads them first
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER {}, FREEZE true, ENCODING 'utf8')")
    with (
        csv.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(statement.format(public(table), fields, sql.Literal(start == 0))) as copying,
    ):
        file.seek(start)
        sent = 0
        while block := file.read(BLOCK):
            copying.write(block)
            sent += len(block)
            progress(sent)
            reach("copy.block")


def pages(connection: psycopg.Connection, table: str) -> int:
    """Return how many pages of the database the table's rows fill."""
    row = connection.execute(
        "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::bigint", [f'public."{table}"']
    ).fetchone()
    return row[0] if row else 0


def drop(connection: psycopg.Connection, table: str) -> None:
    """Drop a raw or staged table if it is there."""
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(public(table)))


def drop_from_the_dead(connection: psycopg.Connection, table: str) -> None:
    """Drop a table of a run whose process is dead, and end what the database still does for it.

    The server notices that its client is gone only when it next has something to say, which may be in an hour.
    """
    connection.execute(
        "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a JOIN pg_locks AS l ON l.pid = a.pid"
        " WHERE l.relation = to_regclass(%s) AND a.usename = current_user AND a.pid <> pg_backend_pid()"
        " AND starts_with(a.application_name, 'datapusher_plus')",
        [f'public."{table}"'],
    )
    drop(connection, table)
