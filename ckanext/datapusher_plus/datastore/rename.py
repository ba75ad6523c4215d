"""Rename a table with everything whose name is derived from its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

from psycopg import sql

from ..core import table_names
from .ddl import public
from .table_facts import TableFacts

Part = Literal["SEQUENCE", "INDEX"]


def moves(table: TableFacts, source: str, target: str) -> Iterator[sql.Composed]:
    """Rename a table from ``source`` to ``target`` with its sequence, primary key and indexes.

    ``table`` has the names that belong to the live table; under any other table name they are derived.
    """
    for kind, live, derived in _parts(table):
        old, new = (live if place == table.table else derived(place) for place in (source, target))
        yield sql.SQL("ALTER {} {} RENAME TO {}").format(sql.SQL(kind), public(old), sql.Identifier(new))
    yield sql.SQL("ALTER TABLE {} RENAME TO {}").format(public(source), sql.Identifier(target))


def _parts(table: TableFacts) -> Iterator[tuple[Part, str, Callable[[str], str]]]:
    if table.sequence:
        yield "SEQUENCE", table.sequence, table_names.sequence
    if table.primary_key:
        yield "INDEX", table.primary_key, table_names.primary_key
    for index in table.indexes:
        yield "INDEX", index.name, partial(table_names.index, name=index.name)
