"""Views on a table: they depend on its oid, so they are dropped and created again on the new table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql

from ..core.errors import DependentViewBroken
from ..core.message import say
from . import catalog, ddl
from .table_facts import TableFacts, View


def check(connection: psycopg.Connection, facts: TableFacts) -> None:
    """Check that everything that depends on the table can be moved to another table.

    :raises DependentViewBroken: naming the first that cannot be moved.
    """
    for view in facts.views:
        if not view.ours:
            raise DependentViewBroken(view.name, say("it belongs to the role {owner}", owner=view.owner))
        if view.materialized:
            raise DependentViewBroken(view.name, say("it is a materialized view"))
    strangers = catalog.strangers(connection, facts.table)
    if strangers:
        raise DependentViewBroken(strangers[0], say("it belongs to this very table"))


def drop(connection: psycopg.Connection, views: Sequence[View]) -> None:
    """Drop views, those that depend on others first."""
    for view in reversed(views):
        connection.execute(sql.SQL("DROP VIEW {}").format(_name(view)))


def make(connection: psycopg.Connection, views: Sequence[View], table: str) -> None:
    """Create the views again, on ``table``.

    :raises DependentViewBroken: naming the first that the table's columns do not support.
    """
    for view in views:
        _make(connection, view, table)


def _make(connection: psycopg.Connection, view: View, table: str) -> None:
    try:
        with connection.transaction():
            ddl.run(connection, _definition(connection, view, table))
    except (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError) as error:
        raise DependentViewBroken(view.name, error.diag.message_primary or "refused") from error


def make_where_free(connection: psycopg.Connection, aliases: Sequence[View], table: str) -> list[str]:
    """Create the aliases whose names are free, and return the names of the others."""
    taken = []
    for alias in aliases:
        if connection.execute("SELECT to_regclass(%s)", [_name(alias).as_string()]).fetchone() == (None,):
            make(connection, [alias], table)
        else:
            taken.append(alias.name)
    return taken


def _definition(connection: psycopg.Connection, view: View, table: str) -> Iterator[sql.Composed]:
    name = _name(view)
    # an alias is created as CKAN creates it, so that it shows the new table's columns
    query = sql.SQL("SELECT * FROM {}").format(ddl.public(table)) if view.alias else ddl.own_text(view.query)
    options = f" WITH ({', '.join(view.options)})" if view.options else ""
    yield sql.SQL("CREATE VIEW {}{} AS {}").format(name, ddl.own_text(options), query)
    columns = _columns(connection, name)
    comments = {column: text for column, text in view.column_comments if column in columns}
    yield from ddl.column_comments(name, comments)
    if view.comment:
        yield ddl.comment("VIEW", name, view.comment)
    for trigger in view.triggers:
        yield from ddl.trigger(trigger, view.name, on=view.name)
    if view.grants is not None:
        yield from ddl.grants(name, view.grants, catalog.grants_of(connection, view.schema, view.name), columns)
    if view.owner:
        yield ddl.owner("VIEW", name, view.owner)


def _columns(connection: psycopg.Connection, name: sql.Identifier) -> list[str]:
    description = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(name)).description
    return [column.name for column in description or ()]


def _name(view: View) -> sql.Identifier:
    return sql.Identifier(view.schema, view.name)
