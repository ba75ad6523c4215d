"""Statements that rename a table, or copy comments, triggers, constraints, grants and owner of a table or view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal

import psycopg
from psycopg import sql

from ..core import table_names
from ..core.dictionary.model import Trigger
from ..core.table_names import identifier
from .table_facts import Constraint, Grant, TableFacts

Kind = Literal["TABLE", "VIEW", "MATERIALIZED VIEW"]
Part = Literal["SEQUENCE", "INDEX"]

_ENABLE = {"D": "DISABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}


def run(connection: psycopg.Connection, statements: Iterable[sql.Composed]) -> None:
    """Run statements one after another."""
    for statement in statements:
        connection.execute(statement)


def public(name: str) -> sql.Identifier:
    """Return the identifier of a table in schema public."""
    return sql.Identifier("public", name)


def own_text(text: str) -> sql.SQL:
    """Return SQL that PostgreSQL itself wrote (``pg_get_…def``) unchanged."""
    return sql.SQL(text.replace("{", "{{").replace("}", "}}"))  # pyright: ignore[reportArgumentType]


def hold_comments(table: str) -> Iterator[sql.Composed]:
    """Lock out other changes to a table's comments until the transaction ends; reads and writes are not blocked."""
    yield sql.SQL("SET LOCAL lock_timeout = '5s'").format()
    yield sql.SQL("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE").format(public(table))


def column_comments(relation: sql.Composable, comments: Mapping[str, str | None]) -> Iterator[sql.Composed]:
    """Set raw column comments; None removes a comment."""
    for name, comment in comments.items():
        yield sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(relation, sql.Identifier(name), sql.Literal(comment))


def comment(kind: Kind, relation: sql.Composable, text: str | None) -> sql.Composed:
    """Set a relation's own comment."""
    return sql.SQL("COMMENT ON {} {} IS {}").format(sql.SQL(kind), relation, sql.Literal(text))


def owner(kind: Kind, relation: sql.Composable, role: str) -> sql.Composed:
    """Set a relation's owner."""
    return sql.SQL("ALTER {} {} OWNER TO {}").format(sql.SQL(kind), relation, sql.Identifier(role))


def trigger(made: Trigger, table: str, *, on: str) -> Iterator[sql.Composed]:
    """Create a trigger that was defined on ``table`` on another table."""
    # the definition names its table once, before the row level, the condition and the function
    head, found, tail = made.definition.partition(f" ON public.{identifier(table)} ")
    if found:
        yield sql.SQL("{} ON {} {}").format(own_text(head), public(on), own_text(tail))
        if made.enabled in _ENABLE:
            alter = sql.SQL("ALTER TABLE {} {} {}")
            yield alter.format(public(on), own_text(_ENABLE[made.enabled]), sql.Identifier(made.name))


def trigger_changes(
    wanted: Sequence[Trigger], table: str, present: Sequence[Trigger], on: str
) -> Iterator[tuple[str, list[sql.Composed]]]:
    """Change the triggers of table ``on`` from those ``present`` to those ``wanted``, which were defined on ``table``.

    Yield each trigger that changes, by name, with the statements for it.
    """
    has = {made.name: list(trigger(made, on, on=on)) for made in present}
    gets = {made.name: list(trigger(made, table, on=on)) for made in wanted}
    for name in {**has, **gets}:
        if has.get(name) != gets.get(name):
            drop = sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(name), public(on))
            yield name, [drop, *gets.get(name, [])]


def constraint(made: Constraint, table: str) -> sql.Composed:
    """Add a table constraint."""
    add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
    return add.format(public(table), sql.Identifier(made.name), own_text(made.definition))


def grants(
    relation: sql.Composable, wanted: Sequence[Grant] | None, present: Sequence[Grant] | None, columns: Iterable[str]
) -> Iterator[sql.Composed]:
    """Change the privileges on a relation to those wanted; None leaves them unchanged."""
    if wanted is None:
        return
    there = set(columns)
    for role in {grant.grantee for grant in present or ()} - {grant.grantee for grant in wanted if not grant.column}:
        yield sql.SQL("REVOKE ALL ON {} FROM {}").format(relation, _role(role))
    for extra in set(present or ()) - set(wanted):
        yield sql.SQL("REVOKE {} ON {} FROM {}").format(_privilege(extra), relation, _role(extra.grantee))
    for grant in wanted:
        if grant.column is None or grant.column in there:
            yield _grant(relation, grant)


def _grant(relation: sql.Composable, grant: Grant) -> sql.Composed:
    option = sql.SQL(" WITH GRANT OPTION" if grant.grantable else "")
    return sql.SQL("GRANT {} ON {} TO {}{}").format(_privilege(grant), relation, _role(grant.grantee), option)


def _privilege(grant: Grant) -> sql.Composable:
    privilege = sql.SQL(grant.privilege)  # pyright: ignore[reportArgumentType]
    return sql.SQL("{} ({})").format(privilege, sql.Identifier(grant.column)) if grant.column else privilege


def _role(name: str) -> sql.Composable:
    return sql.Identifier(name) if name else sql.SQL("PUBLIC")


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
