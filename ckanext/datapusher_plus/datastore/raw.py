"""The file as a table of text: COPY straight from disk, no row is handled in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from ..checkpoint import reach
from .ddl import public

#: Number of the row in the file, from 1; CKAN allows no column that starts with an underscore.
ROW = "_n"
#: Smaller blocks are slower because of the cost per call; larger ones are not faster.
BLOCK = 1 << 20


def create(connection: psycopg.Connection, table: str, columns: Sequence[str], *, after: int = 0) -> None:
    """Create the table; the number of its first row is ``after`` + 1.

    It is unlogged, because a crash of the database ends the run anyway.
    """
    fields = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
    # the sequence numbers the rows in the order of the file, wherever they are stored
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
    """Fill the table from a clean CSV file; ``progress`` is called with the number of bytes sent so far.

    The table must have been created in the same transaction (COPY FREEZE requires it).

    :param start: byte offset of the first record to copy; 0 copies the whole file, whose first line is the header.
    """
    fields = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    # frozen rows are not rewritten by the first reader (hint bits)
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
    """Return how many database pages the table's rows fill."""
    row = connection.execute(
        "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::bigint", [f'public."{table}"']
    ).fetchone()
    return row[0] if row else 0


def drop(connection: psycopg.Connection, table: str) -> None:
    """Drop a raw or staged table if it exists."""
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(public(table)))


def drop_from_the_dead(connection: psycopg.Connection, table: str) -> None:
    """Drop a table of a run whose process is dead, and terminate the sessions that still work on it.

    The server notices only when it next writes to its client that the client is gone, which may take an hour.
    """
    end_sessions_of_the_dead(connection, table)
    drop(connection, table)


def end_sessions_of_the_dead(connection: psycopg.Connection, table: str) -> None:
    """Terminate the sessions of loads that still work on a table; the caller must hold its resource's lock."""
    connection.execute(
        "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a JOIN pg_locks AS l ON l.pid = a.pid"
        " WHERE l.relation = to_regclass(%s) AND a.usename = current_user AND a.pid <> pg_backend_pid()"
        " AND starts_with(a.application_name, 'datapusher_plus')",
        [f'public."{table}"'],
    )
