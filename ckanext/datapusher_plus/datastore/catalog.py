"""Read from PostgreSQL's catalog what a datastore table is like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from typing_extensions import LiteralString

from ..core.dictionary.model import Column, Dictionary, Trigger
from ..core.index_plan import HIDDEN, Index
from ..core.table_names import identifier
from . import catalog_queries
from .ddl import public
from .table_facts import Constraint, Grant, TableFacts, View

CatalogRow = dict[str, Any]
Columns = Sequence[Column]


def oid_of(connection: psycopg.Connection, table: str) -> int | None:
    """Return the oid of a table in schema public, None when there is no such table."""
    row = connection.execute(catalog_queries.OID, [table]).fetchone()
    return row[0] if row else None


def table_exists(connection: psycopg.Connection, table: str) -> bool:
    """Return whether schema public has a table of that name."""
    return oid_of(connection, table) is not None


def tables_like(connection: psycopg.Connection, prefix: str) -> list[str]:
    """Return the names of tables in schema public that start with ``prefix``."""
    return [row[0] for row in connection.execute(catalog_queries.TABLES, [prefix]).fetchall()]


def tables_of_resources(connection: psycopg.Connection, *, after: str, limit: int) -> list[str]:
    """Return the next tables after ``after`` whose names are resource ids, in order, ``limit`` at most."""
    return [row[0] for row in connection.execute(catalog_queries.OF_RESOURCES, [after, limit]).fetchall()]


def existing(connection: psycopg.Connection, tables: Iterable[str]) -> set[str]:
    """Return those of the tables that exist in schema public."""
    found = connection.execute(
        "SELECT relname::text FROM pg_class WHERE relname = ANY(%s)"
        " AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
        [list(tables)],
    )
    return {row[0] for row in found.fetchall()}


def rows_of(connection: psycopg.Connection, table: str) -> int:
    """Count a table's rows."""
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(public(table))).fetchone()
    return row[0] if row else 0


def has_rows(connection: psycopg.Connection, table: str) -> bool:
    """Return whether a table has rows, without counting them."""
    row = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(public(table))).fetchone()
    return row is not None and row[0]


def comment_of(connection: psycopg.Connection, table: str) -> str | None:
    """Return a table's own comment."""
    row = connection.execute(catalog_queries.COMMENT, [table]).fetchone()
    return row[0] if row else None


def comments_like(connection: psycopg.Connection, prefix: str) -> dict[str, str | None]:
    """Return the own comment of each table in schema public whose name starts with ``prefix``, ordered by name."""
    return dict(connection.execute(catalog_queries.COMMENTS, [prefix]).fetchall())


def columns(connection: psycopg.Connection, table: str) -> tuple[Column, ...]:
    """Return a table's columns without CKAN's hidden ones; none when there is no table."""
    rows = _all(connection, catalog_queries.COLUMNS, oid_of(connection, table))
    return _shown(rows)


def columns_of_resources(connection: psycopg.Connection) -> dict[str, Columns]:
    """Return the columns of every table whose name is a resource id, by table, without CKAN's hidden ones."""
    found: dict[str, list[CatalogRow]] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(catalog_queries.COLUMNS_OF_RESOURCES):
            found.setdefault(row["table"], []).append(row)
    return {table: _shown(rows) for table, rows in found.items()}


def dictionary(connection: psycopg.Connection, table: str) -> Dictionary | None:
    """Return what people have set on a table (its Data Dictionary), None when there is no table."""
    facts = describe(connection, table)
    return facts.dictionary if facts else None


def describe(connection: psycopg.Connection, table: str) -> TableFacts | None:
    """Return everything about a table except its rows, None when there is no table."""
    oid = oid_of(connection, table)
    if oid is None:
        return None
    head = _all(connection, catalog_queries.TABLE, oid)[0]
    columns = _all(connection, catalog_queries.COLUMNS, oid)
    return TableFacts(
        table=table,
        columns=_shown(columns),
        types=tuple((c["name"], c["full_type"]) for c in columns),
        owner=head["owner"],
        comment=head["comment"],
        primary_key=head["primary_key"],
        sequence=head["sequence"],
        indexes=tuple(_index(row) for row in _all(connection, catalog_queries.INDEXES, oid)),
        constraints=tuple(Constraint(**row) for row in _all(connection, catalog_queries.CONSTRAINTS, oid)),
        triggers=_triggers(connection, oid),
        views=_views(connection, oid, table, [c["name"] for c in columns]),
        grants=_grants(connection, oid),
    )


def strangers(connection: psycopg.Connection, table: str) -> list[str]:
    """Return other objects in the database that depend on this table and are neither views on it nor parts of it."""
    oid = oid_of(connection, table)
    return [row["what"] for row in _all(connection, catalog_queries.STRANGERS, oid)] if oid else []


def grants_of(connection: psycopg.Connection, schema: str, name: str) -> tuple[Grant, ...]:
    """Return the privileges that roles other than its owner have on a relation."""
    row = connection.execute(
        "SELECT %s::regclass::oid::bigint", [f"{identifier(schema)}.{identifier(name)}"]
    ).fetchone()
    return _grants(connection, row[0]) if row else ()


def _all(connection: psycopg.Connection, query: LiteralString, oid: int | None) -> list[CatalogRow]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {"oid": oid}).fetchall()


def _shown(rows: Sequence[CatalogRow]) -> tuple[Column, ...]:
    return tuple(Column(name=c["name"], type=c["type"], comment=c["comment"]) for c in rows if c["name"][0] != "_")


def _index(row: CatalogRow) -> Index:
    return Index(**{**row, "columns": tuple(row["columns"])})


def _triggers(connection: psycopg.Connection, oid: int) -> tuple[Trigger, ...]:
    return tuple(Trigger(**row) for row in _all(connection, catalog_queries.TRIGGERS, oid))


def _grants(connection: psycopg.Connection, oid: int) -> tuple[Grant, ...]:
    return tuple(Grant(**row) for row in _all(connection, catalog_queries.GRANTS, oid))


def _views(connection: psycopg.Connection, oid: int, table: str, columns: Sequence[str]) -> tuple[View, ...]:
    return tuple(_view(connection, row, table, columns) for row in _all(connection, catalog_queries.VIEWS, oid))


def _view(connection: psycopg.Connection, row: CatalogRow, table: str, columns: Sequence[str]) -> View:
    oid, names, selected = row.pop("oid"), row.pop("names"), row.pop("selected")
    # columns may have been added to the table since the view was created, but none can have been removed
    whole = names == columns[: len(names)] and len(names) >= len(HIDDEN)
    return View(
        **{
            **row,
            "alias": whole and _selects(row["query"], selected, table),
            "options": tuple(row["options"]),
            "column_comments": tuple((name, comment) for name, comment in row["column_comments"]),
        },
        grants=_grants(connection, oid),
        triggers=_triggers(connection, oid),
    )


def _selects(query: str, selected: str, table: str) -> bool:
    """Return whether a query selects exactly ``selected`` from the table."""
    # PostgreSQL before 16 writes the table's name before each column
    written = query.replace(f"{identifier(table)}.", "")
    return written.split() == ["SELECT", *selected.split(), "FROM", *f"{identifier(table)};".split()]
