"""Write a live table out as CSV for an engine, and ask PostgreSQL for figures that an engine cannot compute.

Values are written as PostgreSQL writes them, each in one way only: numbers without exponents and without zeros at their
end, times in ISO 8601 and UTC. Long values are cut, so that a row with values of many megabytes costs no memory; a hash
behind the cut keeps different values different.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from typing_extensions import LiteralString

from ..core.dictionary.model import Column
from ..core.errors import IngestError
from ..core.statistics import Measure, measure_of
from . import catalog, connect, ddl, journal

#: longest value in bytes that is written whole, and the characters that are kept of a longer one
_WHOLE, KEPT = 256, 200
#: follows what is kept of a value; before its hash
MARK = "\x1f"
#: a numeric of this range and precision has few digits when it is written
_SMALL, _SCALE = 10**36, 37
#: number whose digits nobody reads; the longest float8 has 309
_MOST_DIGITS = 400

_FLOATS = frozenset({"float4", "float8"})

_SESSION = """
SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', '5s', true),
       set_config('datestyle', 'ISO', true), set_config('timezone', 'UTC', true),
       set_config('extra_float_digits', '1', true), set_config('client_encoding', 'UTF8', true)
"""
_CUT: LiteralString = (
    "CASE WHEN octet_length({0}) > {1} THEN left({0}, {2}) || {3} || hashtextextended({0}, 0) ELSE {0} END"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A table that was written to a file."""

    columns: tuple[Column, ...]
    rows: int
    table: int
    #: run that put the table in place or added rows to it last; None if that is not known
    run_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Figures of one column; None for one that PostgreSQL cannot compute either, or whose digits nobody reads."""

    least: str | None = None
    greatest: str | None = None
    sum: str | None = None
    mean: str | None = None
    deviation: str | None = None


def write_out(resource_id: str, path: Path, seconds: float) -> Written | None:
    """Write a resource's table to ``path`` with a header of c0, c1, …; return None when there is no table.

    :param seconds: time limit of the statement.
    """
    with connect.connect("datapusher_plus statistics", autocommit=True) as connection:
        journal.prepare(connection)
        with connection.transaction():
            _prepare(connection, seconds)
            if not catalog.table_exists(connection, resource_id):
                return None
            # no load replaces the table between the questions
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(ddl.public(resource_id)))
            columns = catalog.columns(connection, resource_id)
            return Written(
                columns=columns,
                rows=_copy(connection, resource_id, columns, path) if columns else 0,
                table=catalog.oid_of(connection, resource_id) or 0,
                run_id=journal.loaded_by(connection, resource_id),
            )


def _prepare(connection: psycopg.Connection, seconds: float) -> None:
    connection.execute("SET TRANSACTION READ ONLY")
    connection.execute(_SESSION, [f"{max(1, int(seconds * 1000))}"])


def _copy(connection: psycopg.Connection, table: str, columns: Sequence[Column], path: Path) -> int:
    values = sql.SQL(", ").join(map(_written, columns))
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv)").format(values, ddl.public(table))
    with path.open("wb") as file, connection.cursor() as cursor:
        file.write(",".join(f"c{position}" for position in range(len(columns))).encode() + b"\n")
        with cursor.copy(query) as rows:
            for row in rows:
                file.write(row)
        return cursor.rowcount


def _written(of: Column) -> sql.Composed:
    column, kind = sql.Identifier(of.name), of.type
    if kind == "numeric":
        whole = sql.SQL("trim_scale({})::text").format(column)
        small = sql.SQL("{0} BETWEEN -{1} AND {1} AND scale({0}) <= {2}").format(column, _SMALL, _SCALE)
        return sql.SQL("CASE WHEN {} THEN {} ELSE {} END").format(small, whole, _cut(whole))
    if kind in _FLOATS:
        # the shortest digits that are read back as the same number
        whole = sql.SQL("trim_scale({}::text::numeric)::text").format(column)
        return sql.SQL("CASE WHEN {0} IN ('NaN', 'Infinity', '-Infinity') THEN {0}::text ELSE {1} END").format(
            column, _cut(whole)
        )
    if measure_of(kind) is not Measure.TEXT:
        return sql.SQL("{}::text").format(column)
    return _cut(sql.SQL("{}::text").format(column))


def _cut(value: sql.Composable) -> sql.Composed:
    return sql.SQL(_CUT).format(value, _WHOLE, KEPT, sql.Literal(MARK))


def exact(resource_id: str, written: Written, of: Column, seconds: float) -> Exact:
    """Return figures of a column of numbers or times; none when the table is another one by now."""
    column, kind = sql.Identifier(of.name), of.type
    times = measure_of(kind) is Measure.TIME
    value = sql.SQL("trim_scale({}::text::numeric)" if kind in _FLOATS else "{}").format(column)
    ends = sql.SQL("min({0})::text, max({0})::text").format(column if times else value)
    least, greatest = _asked(resource_id, written, ends, seconds) or (None, None)
    if times:
        return Exact(least=least, greatest=greatest)
    moments = sql.SQL("trim_scale(sum({0}))::text, avg({0})::text, stddev_samp({0})::text").format(
        sql.SQL("{}::numeric").format(value)
    )
    total, mean, deviation = _asked(resource_id, written, moments, seconds) or (None, None, None)
    finite = _readable(total) if total and total[-1].isdigit() else None
    return Exact(least=_readable(least), greatest=_readable(greatest), sum=finite, mean=mean, deviation=deviation)


def _asked(resource_id: str, written: Written, what: sql.Composed, seconds: float) -> Sequence[str | None] | None:
    try:
        with connect.connect("datapusher_plus statistics") as connection:
            _prepare(connection, seconds)
            if catalog.oid_of(connection, resource_id) != written.table:
                return None
            return connection.execute(sql.SQL("SELECT {} FROM {}").format(what, ddl.public(resource_id))).fetchone()
    except IngestError:
        # a sum can exceed even numeric or take too long, and PostgreSQL 13 has no infinite numeric
        return None


def _readable(number: str | None) -> str | None:
    return number if number is None or len(number) <= _MOST_DIGITS else None


def lengths(resource_id: str, written: Written, of: Column, seconds: float) -> tuple[int, int] | None:
    """Return the lengths in characters of a column's shortest and longest text that is not empty."""
    text = sql.SQL("nullif({}::text, '')").format(sql.Identifier(of.name))
    what = sql.SQL("min(char_length({0}))::text, max(char_length({0}))::text").format(text)
    shortest, longest = _asked(resource_id, written, what, seconds) or (None, None)
    return None if shortest is None or longest is None else (int(shortest), int(longest))
