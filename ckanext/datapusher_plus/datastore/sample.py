"""A few values of a table for its picture, by queries that end soon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from ..core.dictionary.model import Column
from . import catalog, connect, ddl

#: Milliseconds of one query.
MOST_TIME = 2000
#: Rows that a query reads; of a larger table it reads a sample of its pages.
MOST_ROWS = 200_000
#: Length of a value in characters.
_LONGEST = 200

#: Neither NaN nor infinite, and a float8.
_FINITE = sql.SQL("{0} BETWEEN -1e300 AND 1e300")


class TooSlow(Exception):
    """The query took more than ``MOST_TIME``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A table from which values are read."""

    connection: psycopg.Connection
    table: str
    #: rows of the table
    rows: int

    def columns(self) -> tuple[Column, ...]:
        """Return the columns of the table as it is now."""
        return catalog.columns(self.connection, self.table)

    def pairs(self, first: str, second: str, most: int) -> list[tuple[float, float]]:
        """Return about ``most`` pairs of two columns of numbers, spread over the table."""
        one, two = sql.Identifier(first), sql.Identifier(second)
        query = sql.SQL("SELECT {one}::float8, {two}::float8 FROM {table} WHERE {a} AND {b} AND {some}").format(
            one=one, two=two, table=self._table(), a=_FINITE.format(one), b=_FINITE.format(two), some=self._some(most)
        )
        return self._asked(query)

    def texts(self, column: str, most: int) -> list[str]:
        """Return the beginnings of about ``most`` values of a column of texts, spread over the table."""
        name = sql.Identifier(column)
        query = sql.SQL("SELECT left({0}::text, {1}) FROM {2} WHERE {0} IS NOT NULL AND {3}").format(
            name, _LONGEST, self._table(), self._some(most)
        )
        return [text for (text,) in self._asked(query)]

    def means(self, time: str, number: str, ends: tuple[str, str], parts: int) -> list[tuple[float, float]]:
        """Return the mean of a column of numbers for each part of a time span that has values.

        :param ends: least and greatest time.
        :returns: place from 0 to 1 in the span, and mean.
        """
        query = sql.SQL("""
            WITH ends AS (
                SELECT extract(epoch FROM {first})::float8 AS low, extract(epoch FROM {last})::float8 AS high
            ), known AS (
                SELECT (extract(epoch FROM {time})::float8 - low) / (high - low) AS place, {number}::float8 AS value
                FROM {table}, ends WHERE {time} BETWEEN {first} AND {last} AND {finite} AND high > low
            )
            SELECT avg(place), avg(value) FROM known GROUP BY floor(place * {parts}) ORDER BY 1
        """).format(
            time=sql.Identifier(time),
            number=sql.Identifier(number),
            table=self._table(),
            finite=_FINITE.format(sql.Identifier(number)),
            first=sql.SQL("{}::timestamptz").format(ends[0]),
            last=sql.SQL("{}::timestamptz").format(ends[1]),
            parts=parts,
        )
        return self._asked(query)

    def first(self, columns: Sequence[str], most: int) -> list[tuple[str | None, ...]]:
        """Return the first rows as texts."""
        values = sql.SQL(", ").join(
            sql.SQL("left({}::text, {})").format(sql.Identifier(name), _LONGEST) for name in columns
        )
        query = sql.SQL("SELECT {} FROM {} ORDER BY _id LIMIT {}").format(values, ddl.public(self.table), most)
        return self._asked(query)

    def _table(self) -> sql.Composed:
        name = ddl.public(self.table)
        if self.rows <= MOST_ROWS:
            return sql.Composed([name])
        # the same sample gives the same picture
        return sql.SQL("{} TABLESAMPLE SYSTEM ({}) REPEATABLE (0)").format(
            name, sql.Literal(100 * MOST_ROWS / self.rows)
        )

    def _some(self, most: int) -> sql.Composed:
        return sql.SQL("_id % {} = 0").format(max(1, min(self.rows, MOST_ROWS) // most))

    def _asked(self, query: sql.Composed) -> list[Any]:
        try:
            # a query that fails does not end the transaction
            with self.connection.transaction():
                return self.connection.execute(query).fetchall()
        except psycopg.errors.QueryCanceled as error:
            raise TooSlow from error


@contextmanager
def open_sample(resource_id: str, rows: int) -> Iterator[Sample]:
    """Read values of a resource's table as the read role.

    :raises DatastoreGone, DatastoreBusy, DatastoreRefused: when the table cannot be read.
    """
    with connect.translated():
        connection = connect.open_connection("datapusher_plus picture", autocommit=True, role="read")
        try:
            with connection.transaction():
                connection.execute("SET TRANSACTION READ ONLY")
                connection.execute(
                    "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', '1s', true),"
                    " set_config('datestyle', 'ISO', true), set_config('timezone', 'UTC', true)",
                    [str(MOST_TIME)],
                )
                yield Sample(connection=connection, table=resource_id, rows=rows)
        finally:
            connect.close(connection)
