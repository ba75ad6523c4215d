"""Check that two tables are the same, row by row: every value, including `_id` and `_full_text`."""

from __future__ import annotations

import psycopg
from psycopg import sql

from . import floor
from .stack import Ground
from .subject import Subject


class NotTheSame(AssertionError):
    """The two tables differ, so the seconds of the two ways cannot be compared."""


def check(ground: Ground, subject: Subject) -> None:
    """Compare the floor's table with the plugin's.

    :raises NotTheSame: when a row, the number of rows or the number of indexes differs.
    """
    with psycopg.connect(ground.superuser_dsn) as connection:
        tables = [sql.Identifier("public", name) for name in (subject.resource_id, floor.TABLE)]
        ours, theirs = (_digest(connection, table, subject) for table in tables)
        if ours != theirs:
            raise NotTheSame(f"{subject.sample.name}: {ours} and {theirs}; such as {_example(connection, *tables)}")
        if ours[0] != subject.sample.rows:
            raise NotTheSame(f"{subject.sample.name} has {ours[0]:,} rows, the file {subject.sample.rows:,}")


def _digest(connection: psycopg.Connection, table: sql.Identifier, subject: Subject) -> tuple[object, ...]:
    """Return the number of rows, a sum over a hash of each row's text, and the number of indexes."""
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in ("_id", "_full_text", *dict(subject.columns)))
    query = sql.SQL(
        "SELECT count(*), sum(hashtextextended(ROW({})::text, 0)),"
        " (SELECT count(*) FROM pg_index WHERE indrelid = {}::regclass) FROM {}"
    )
    name = sql.Literal(table.as_string(connection))
    row = connection.execute(query.format(columns, name, table)).fetchone()
    return row or ()


def _example(connection: psycopg.Connection, ours: sql.Identifier, theirs: sql.Identifier) -> object:
    query = sql.SQL(
        "SELECT o::text, t::text FROM {} AS o FULL JOIN {} AS t USING (_id)"
        " WHERE o::text IS DISTINCT FROM t::text LIMIT 1"
    )
    return connection.execute(query.format(ours, theirs)).fetchone()
