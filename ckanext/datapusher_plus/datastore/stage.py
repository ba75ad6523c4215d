"""The new table beside the live one: CKAN itself creates it, and statements fill it from the raw table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import psycopg
from psycopg import errors, sql

from ..core import table_names
from ..core.message import say
from ..core.values import ColumnSpec
from . import catalog, ddl, fulltext, raw
from .table_facts import TableFacts

#: Returns the expression for ``_full_text`` over so many characters of a row's text, over all when None.
Text = Callable[[int | None], fulltext.Expression]
#: ``insert`` with everything bound but ``text``.
Insert = Callable[..., sql.Composed]


def make(table: str, columns: Sequence[ColumnSpec]) -> None:
    """Let CKAN create an empty table with its hidden columns, sequence, trigger and grants."""
    # imported here because the datastore's backend needs a loaded CKAN
    from ckanext.datastore.backend import DatastoreBackend

    fields = [{"id": column.name, "type": column.type} for column in columns]
    request = {"resource_id": table, "fields": fields, "include_records": False, "delete_fields": False}
    DatastoreBackend.get_active_backend().create({}, request, {})


def strip(connection: psycopg.Connection, table: str) -> None:
    """Drop what would slow down the filling: the indexes and the primary key."""
    drop_indexes(connection, table)
    drop_key = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
    connection.execute(drop_key.format(ddl.public(table), sql.Identifier(table_names.primary_key(table))))


def autovacuum(connection: psycopg.Connection, table: str, *, on: bool) -> None:
    """Let autovacuum clean and analyse the table, or not: during a load its lock would block ours."""
    alter = "ALTER TABLE {} RESET (autovacuum_enabled)" if on else "ALTER TABLE {} SET (autovacuum_enabled = false)"
    connection.execute(sql.SQL(alter).format(ddl.public(table)))


def drop_indexes(connection: psycopg.Connection, table: str) -> None:
    """Drop all indexes but the primary key's."""
    facts = catalog.describe(connection, table)
    for index in facts.indexes if facts else ():
        connection.execute(sql.SQL("DROP INDEX {}").format(ddl.public(index.name)))


def carry_triggers(connection: psycopg.Connection, old: TableFacts, table: str, warn: Callable[[str], None]) -> None:
    """Give the staged table the triggers of ``old``; one that its columns do not support is left out with a warning."""
    new = catalog.describe(connection, table)
    for name, statements in ddl.trigger_changes(old.triggers, old.table, new.triggers if new else (), table):
        _tolerant(connection, statements, partial(_warn, warn, say("trigger “{name}”", name=name)))


def carry_constraints(connection: psycopg.Connection, old: TableFacts, table: str, warn: Callable[[str], None]) -> None:
    """Add the checks and foreign keys of ``old`` to the filled staged table, if its rows satisfy them."""
    new = catalog.describe(connection, table)
    there = {constraint.name for constraint in new.constraints} if new else set()
    for made in old.constraints:
        if made.name not in there:
            _tolerant(
                connection,
                [ddl.constraint(made, table)],
                partial(_warn, warn, say("constraint “{name}”", name=made.name)),
            )


def _tolerant(
    connection: psycopg.Connection, statements: Sequence[sql.Composed], refused: Callable[[psycopg.Error], None]
) -> None:
    try:
        with connection.transaction():
            ddl.run(connection, statements)
    except (errors.ProgrammingError, errors.IntegrityError, errors.NotSupportedError) as error:
        refused(error)


def _warn(warn: Callable[[str], None], what: str, error: psycopg.Error) -> None:
    warn(
        say(
            "The {what} of the old table was not made on the new one: {reason}.",
            what=what,
            reason=error.diag.message_primary,
        )
    )


def full_text_by_trigger(connection: psycopg.Connection, table: str, *, on: bool) -> None:
    """Let CKAN's trigger write ``_full_text`` row by row, or not."""
    alter = sql.SQL("ALTER TABLE {} ENABLE TRIGGER zfulltext" if on else "ALTER TABLE {} DISABLE TRIGGER zfulltext")
    connection.execute(alter.format(ddl.public(table)))


def execute(connection: psycopg.Connection, statement: Insert, text: Text | None) -> int | None:
    """Execute an ``insert``; if a row has more words than a tsvector holds, use fewer characters of each row's text.

    :return: the number of characters used, None for all.
    """
    if text is None:
        connection.execute(statement(text=None))
        return None
    *more, fewest = fulltext.LETTERS
    for letters in more:
        with suppress(errors.ProgramLimitExceeded), connection.transaction():
            connection.execute(statement(text=text(letters)))
            return letters
    connection.execute(statement(text=text(fewest)))
    return fewest


def insert(
    table: str,
    source: str,
    columns: Sequence[ColumnSpec],
    *,
    text: fulltext.Expression | None,
    pages: tuple[int, int] | None = None,
) -> sql.Composed:
    """Return the statement that casts raw rows in a range of pages (all when None) into ``table``."""
    names = [sql.Identifier(column.name) for column in columns]
    target, value = ([sql.Identifier("_full_text")], [text]) if text is not None else ([], [])
    casts = [sql.SQL("{} AS {}").format(cast(column), name) for column, name in zip(columns, names, strict=True)]
    # OFFSET 0 keeps PostgreSQL from evaluating each cast twice, for the column and for the text
    return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM (SELECT {} FROM {}{} OFFSET 0) AS r").format(
        ddl.public(table),
        sql.SQL(", ").join([sql.Identifier("_id"), *names, *target]),
        sql.SQL(", ").join([sql.Identifier(raw.ROW), *names, *value]),
        sql.SQL(", ").join([sql.Identifier(raw.ROW), *casts]),
        ddl.public(source),
        within(pages),
    )


def move(source: str, table: str, names: Sequence[str], pages: tuple[int, int] | None = None) -> sql.Composed:
    """Return the statement that moves finished rows in a range of pages (all when None) into ``table``."""
    columns = sql.SQL(", ").join(map(sql.Identifier, ["_id", "_full_text", *names]))
    statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}{}")
    return statement.format(ddl.public(table), columns, columns, ddl.public(source), within(pages))


def within(pages: tuple[int, int] | None) -> sql.Composable:
    """Return the condition for rows in a range of pages, empty for all rows."""
    if pages is None:
        return sql.SQL("")
    first, end = (sql.Literal(f"({page},0)") for page in pages)
    return sql.SQL(" WHERE ctid >= {}::tid AND ctid < {}::tid").format(first, end)


def cast(column: ColumnSpec) -> sql.Composed:
    """Return the expression that casts the column's raw text to its type."""
    return sql.SQL(column.cast).format(sql.Identifier(column.name))  # pyright: ignore[reportArgumentType]


def number_on(connection: psycopg.Connection, table: str, rows: int) -> None:
    """Set the sequence so that the next row that is added gets the number after the last one."""
    # a new sequence starts with 1
    statement = "SELECT setval(pg_get_serial_sequence(%s, '_id'), greatest(%s, 1), %s)"
    connection.execute(statement, [f'public."{table}"', rows, rows > 0])
