"""Find the value that a cast refused: PostgreSQL's error names neither its row nor its column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors, sql

from ..core.errors import IngestError, TriggerFailed, ValueDoesNotFit
from ..core.values import ColumnSpec
from . import catalog, ddl, raw
from .stage import cast


@contextmanager
def explained(
    connection: psycopg.Connection, source: str, table: str, columns: Sequence[ColumnSpec], rows: int
) -> Iterator[None]:
    """Replace the driver's error when the raw rows cannot go from ``source`` into ``table`` because of their values.

    :raises ValueDoesNotFit, TriggerFailed: instead of the driver's error.
    """
    try:
        yield
    except psycopg.Error as error:
        if isinstance(error, psycopg.OperationalError) and not isinstance(error, errors.ProgramLimitExceeded):
            raise
        raise _why(connection, source, table, columns, rows, error) or error from error


def check(connection: psycopg.Connection, source: str, columns: Sequence[ColumnSpec], rows: int) -> None:
    """Check that every value in the raw table can be cast.

    :raises ValueDoesNotFit: naming the first value in file order that cannot be cast.
    """
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(cast(column)) for column in columns)
    try:
        connection.execute(sql.SQL("SELECT {} FROM {}").format(counts, ddl.public(source)))
    except errors.DataError as error:
        raise find(connection, source, columns, rows) or error from error


def find(
    connection: psycopg.Connection, source: str, columns: Sequence[ColumnSpec], rows: int
) -> ValueDoesNotFit | None:
    """Return the error that names the first value in file order that does not fit, None when all fit."""
    first, found = rows + 1, None
    for column in columns:
        row = _first_row(connection, source, column, first - 1)
        if row is not None:
            first, found = row, column
    if found is None:
        return None
    query = sql.SQL("SELECT {} FROM {} WHERE {} = {}").format(
        sql.Identifier(found.name), ddl.public(source), sql.Identifier(raw.ROW), sql.Literal(first)
    )
    value = connection.execute(query).fetchone()
    return ValueDoesNotFit(found.name, value[0] if value else "", found.type, first)


def _why(
    connection: psycopg.Connection,
    source: str,
    table: str,
    columns: Sequence[ColumnSpec],
    rows: int,
    error: psycopg.Error,
) -> IngestError | None:
    if isinstance(error, errors.DataError) and (found := find(connection, source, columns, rows)):
        return found
    made = catalog.describe(connection, table)
    if made and made.triggers:
        names = tuple(trigger.name for trigger in made.triggers)
        return TriggerFailed(names, error.diag.message_primary or "refused")
    return None


def _first_row(connection: psycopg.Connection, source: str, column: ColumnSpec, rows: int) -> int | None:
    if rows < 1 or _fits(connection, source, column, 1, rows):
        return None
    low, high = 1, rows
    while low < high:
        middle = (low + high) // 2
        if _fits(connection, source, column, low, middle):
            low = middle + 1
        else:
            high = middle
    return low


def _fits(connection: psycopg.Connection, source: str, column: ColumnSpec, low: int, high: int) -> bool:
    query = sql.SQL("SELECT count({}) FROM {} WHERE {} BETWEEN {} AND {}").format(
        cast(column), ddl.public(source), sql.Identifier(raw.ROW), sql.Literal(low), sql.Literal(high)
    )
    try:
        with connection.transaction():
            connection.execute(query)
    except errors.DataError:
        return False
    return True
