"""The self-test's queries on the datastore's database; it never commits anything."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from typing_extensions import LiteralString

from .. import waits
from ..core import table_names
from . import catalog, journal
from .connect import close, open_connection, translated


@contextmanager
def connected(role: str) -> Iterator[psycopg.Connection]:
    """Open a connection of the ``write`` or ``read`` role whose transaction is always rolled back at the end.

    :raises DatastoreGone, DatastoreBusy, DatastoreRefused: in place of the driver's errors in the block.
    """
    with translated():
        connection = open_connection("datapusher_plus check", autocommit=True, role=role, patience=waits.CHECK_DATABASE)
        try:
            # each transaction inside the block is a savepoint of this one
            with connection.transaction(force_rollback=True):
                # for this transaction only: a pooler may give the session to another client next
                ask(
                    connection,
                    "SELECT set_config('statement_timeout', %(limit)s, true)",
                    limit=f"{waits.CHECK_DATABASE}s",
                )
                yield connection
        finally:
            # should this process die first, the server itself rolls back
            close(connection)


def ask(connection: psycopg.Connection, query: LiteralString, **values: object) -> Any:
    """Return the single value that a query returns."""
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None


# -- rights -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something that a load does but the write role is not allowed to do."""

    what: str
    reason: str


_MAKE = sql.SQL("CREATE TABLE {table} (_id serial PRIMARY KEY, _full_text tsvector, word text)")

#: What CKAN and a load do with a table after it is created, in that order.
_USE = {
    "use CKAN's function populate_full_text_trigger()": sql.SQL(
        "CREATE TRIGGER zfulltext BEFORE INSERT OR UPDATE ON {table}"
        " FOR EACH ROW EXECUTE PROCEDURE public.populate_full_text_trigger()"
    ),
    "write into a table of its own": sql.SQL("INSERT INTO {table} (word) VALUES ('probe')"),
    "put an index on a table of its own": sql.SQL("CREATE INDEX ON {table} USING gist (_full_text)"),
    "make a view": sql.SQL("CREATE VIEW {view} AS SELECT * FROM {table}"),
    "read CKAN's view _table_metadata": sql.SQL("SELECT 1 FROM public._table_metadata LIMIT 1"),
    "use CKAN's function update_table_stats()": sql.SQL("SELECT public.update_table_stats({name})"),
    "write into CKAN's table _table_stats": sql.SQL("DELETE FROM public._table_stats WHERE resource_id = {name}"),
    "rename a table of its own": sql.SQL("ALTER TABLE {table} RENAME TO {other}"),
}


def refusals(connection: psycopg.Connection) -> list[Refusal]:
    """Do with a temporary test table what a load does, and return what was refused."""
    names = _names()
    refused = _try(connection, "make a table in the schema public", _MAKE.format(**names))
    if refused:
        return [refused]
    steps = {what: statement.format(**names) for what, statement in _USE.items()}
    return [refused for what, statement in steps.items() if (refused := _try(connection, what, statement))]


def is_readable_when_new(connection: psycopg.Connection, reader: str) -> bool:
    """Return whether a role may read what the write role creates, without an explicit grant."""
    names = _names()
    connection.execute(_MAKE.format(**names))
    may = sql.SQL("SELECT has_table_privilege({reader}, oid, 'SELECT') FROM pg_class WHERE relname = {name}")
    row = connection.execute(may.format(reader=sql.Literal(reader), **names)).fetchone()
    return bool(row and row[0])


def _names() -> Mapping[str, sql.Composable]:
    name = f"{table_names.PREFIX}check_{secrets.token_hex(8)}"
    return {
        "name": sql.Literal(name),
        "table": sql.Identifier("public", name),
        "view": sql.Identifier("public", f"{name}_view"),
        "other": sql.Identifier(f"{name}_moved"),
    }


def _try(connection: psycopg.Connection, what: str, statement: sql.Composed) -> Refusal | None:
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.OperationalError:
        # not a refusal: the server is going away
        raise
    except psycopg.Error as error:
        return Refusal(what=what, reason=error.diag.message_primary or type(error).__name__)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Number of tables of some kind, and the name of one of them."""

    count: int
    example: str | None


_OF_RESOURCES = """
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT starts_with(relname, '_')
"""


def of_strangers(connection: psycopg.Connection) -> Tables:
    """Return the tables whose owner is a role that the connected role is not a member of."""
    return _tables(connection, "AND NOT pg_has_role(relowner, 'USAGE')")


def unreadable(connection: psycopg.Connection) -> Tables:
    """Return the tables that the connected role may not read."""
    return _tables(connection, "AND NOT has_table_privilege(oid, 'SELECT')")


def _tables(connection: psycopg.Connection, condition: LiteralString) -> Tables:
    with connection.cursor(row_factory=class_row(Tables)) as cursor:
        found = cursor.execute(
            f"SELECT count(*)::int AS count, min(relname)::text AS example {_OF_RESOURCES} {condition}"
        ).fetchone()
    return found or Tables(count=0, example=None)


# -- journal ----------------------------------------------------------------------------------------


def journal_is_made(connection: psycopg.Connection) -> bool:
    """Return whether the journal's table exists; the first load creates it."""
    return ask(connection, "SELECT to_regclass(%(table)s) IS NOT NULL", table=f"public.{journal.TABLE}")


def journal_is_writable(connection: psycopg.Connection) -> bool:
    """Return whether the connected role has the privileges on the journal that loads need."""
    may = "SELECT bool_and(has_table_privilege(%(table)s, each)) FROM unnest(%(rights)s::text[]) AS each"
    rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]
    return ask(connection, may, table=f"public.{journal.TABLE}", rights=rights)


def resources_with_leftovers(connection: psycopg.Connection) -> set[str]:
    """Return the resources with leftovers of a run in the database: helper tables or an open journal row."""
    tables = catalog.tables_like(connection, table_names.PREFIX)
    begun = journal.open_resources(connection) if journal_is_made(connection) else []
    return {*begun, *filter(None, map(table_names.resource_of, tables))}


# -- room -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Largest:
    """The largest table of a resource."""

    table: str
    #: bytes, with indexes and long values (TOAST)
    size: int


#: Sizes are read from disk, so only tables are measured that were largest at their last ANALYZE, or had none yet.
_LARGEST = f"""
    SELECT relname::text AS table, pg_total_relation_size(oid)::bigint AS size FROM (
        SELECT oid, relname {_OF_RESOURCES} ORDER BY reltuples < 0 DESC, relpages DESC LIMIT 200
    ) AS candidates ORDER BY size DESC LIMIT 1
"""  # noqa: S608


def largest(connection: psycopg.Connection) -> Largest | None:
    """Return the largest table of a resource, None when there is no table."""
    with connection.cursor(row_factory=class_row(Largest)) as cursor:
        return cursor.execute(_LARGEST).fetchone()
