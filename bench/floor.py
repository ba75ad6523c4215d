"""(b) The floor: the SQL that a database engineer would write by hand for the same table, in one session.

A file of another format is first converted to CSV, within the time. It uses none of the plugin's own SQL. It uses
everything that makes it fast: an unlogged raw table of frozen rows, memory for the sorts, PostgreSQL's own parallel
index builds, and a text search over the raw text, so that no value has to be converted to a number and back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from .copying import copy, text_columns
from .stack import Ground
from .subject import Subject

TABLE = "_bench_floor"
RAW = "_bench_floor_raw"
_MEMORY = "1GB"
#: For a GIN index, which more memory makes slower: docs/performance.md.
_MEMORY_OF_GIN = "96MB"
#: Arguments per function call; PostgreSQL accepts at most 100.
_CALL = 90


def load(ground: Ground, subject: Subject) -> float:
    """Create the table from the subject's file, and return the seconds that it took."""
    drop(ground)
    with ground.session() as connection:
        start = time.perf_counter()
        _load(connection, subject, _as_csv(subject))
        return time.perf_counter() - start


def _as_csv(subject: Subject) -> Path:
    """Return the subject's file, or convert it to CSV as one would do it by hand."""
    by_hand = subject.sample.by_hand
    if by_hand is None:
        return subject.file
    converted = subject.file.with_suffix(".by-hand.csv")
    by_hand(subject.file, converted)
    return converted


def drop(ground: Ground) -> None:
    """Drop the table and the raw table."""
    with ground.session() as connection:
        for table in (TABLE, RAW):
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(table)))


def _load(connection: psycopg.Connection, subject: Subject, file: Path) -> None:
    names = tuple(name for name, _ in subject.columns)
    connection.execute(f"SET maintenance_work_mem = '{_MEMORY}'")
    with connection.transaction():
        connection.execute(sql.SQL("CREATE UNLOGGED TABLE {} ({})").format(sql.Identifier(RAW), text_columns(names)))
        statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER true, FREEZE true)")
        copy(connection, statement.format(sql.Identifier(RAW)), file)
    for statement in statements(subject):
        connection.execute(statement)


def statements(subject: Subject) -> Iterator[sql.Composed]:
    """Yield the statements after the ``\\copy``."""
    table, raw = sql.Identifier(TABLE), sql.Identifier(RAW)
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in subject.columns)
    typed = (sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in subject.columns)  # pyright: ignore[reportArgumentType]
    yield sql.SQL("CREATE TABLE {} (_id serial, _full_text tsvector, {})").format(table, sql.SQL(", ").join(typed))
    yield sql.SQL("INSERT INTO {} ({}, _full_text) SELECT {}, to_tsvector({}) FROM {}").format(
        table,
        names,
        sql.SQL(", ").join(_value(name, kind, subject.sample.null) for name, kind in subject.columns),
        _joined([_text(name, kind, subject.sample.null) for name, kind in subject.columns]),
        raw,
    )
    yield sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (_id)").format(table)
    for index in subject.indexes:
        memory = _MEMORY_OF_GIN if index.startswith("USING gin") else _MEMORY
        yield sql.SQL("SET maintenance_work_mem = {}").format(memory)
        yield sql.SQL("CREATE INDEX ON {} {}").format(table, sql.SQL(index))  # pyright: ignore[reportArgumentType]
    yield sql.SQL("ANALYZE {}").format(table)
    yield sql.SQL("DROP TABLE {}").format(raw)


def _value(name: str, kind: str, null: str) -> sql.Composable:
    """Return the expression for the column's value: a cast, with null for the file's word for no value."""
    if kind == "text":
        return sql.Identifier(name)
    return sql.SQL("{}::{}").format(_or_null(name, null), sql.SQL(kind))  # pyright: ignore[reportArgumentType]


def _text(name: str, kind: str, null: str) -> sql.Composable:
    """Return the expression for the column's part of the full text."""
    if kind == "text":
        return sql.Identifier(name)
    if kind == "timestamp":
        # without the zone, as in JSON
        return sql.SQL("rtrim({}, 'Z')").format(_or_null(name, null))
    return _or_null(name, null)


def _or_null(name: str, null: str) -> sql.Composable:
    column = sql.Identifier(name)
    return sql.SQL("nullif({}, {})").format(column, sql.Literal(null)) if null else column


def _joined(texts: Sequence[sql.Composable]) -> sql.Composable:
    if len(texts) <= _CALL:
        return sql.SQL("concat_ws(' ', {})").format(sql.SQL(", ").join(texts))
    return _joined([_joined(texts[at : at + _CALL]) for at in range(0, len(texts), _CALL)])
