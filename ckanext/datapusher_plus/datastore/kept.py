"""Keep the table that a load has replaced, unreadable and without indexes, so that the load can be undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import psycopg
from psycopg import sql

from ..core import table_names
from ..core.index_plan import Index
from ..core.kept import KeptTable, Load, Room, load_from_json
from . import catalog, ddl, raw, room, swap_record


def keep(connection: psycopg.Connection, resource_id: str, run_id: str, parked: str, load: Load | None) -> None:
    """Keep a parked table in place of an older kept one, in the current transaction.

    :param load: the load that made the table, if one did.
    """
    record = swap_record.of_parked(connection, parked)
    drop(connection, resource_id)
    about: dict[str, Any] = {"replaced_by": run_id, "at": record.at if record else "", "load": load and load.as_json()}
    about["indexes"] = [asdict(index) for index in record.facts.indexes] if record else []
    store(connection, parked, table_names.kept(resource_id, run_id), json.dumps(about))


def store(connection: psycopg.Connection, table: str, name: str, comment: str | None) -> None:
    """Give a table the name of a kept one: nobody else may read it, and it has no indexes."""
    facts = catalog.describe(connection, table)
    strip(connection, table)
    if facts:
        ddl.run(connection, _hidden(table, facts.sequence, [grant.grantee for grant in facts.grants or ()]))
        if facts.sequence:
            rename = sql.SQL("ALTER SEQUENCE {} RENAME TO {}")
            target = sql.Identifier(table_names.sequence(name))
            connection.execute(rename.format(ddl.public(facts.sequence), target))
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(ddl.public(table), sql.Identifier(name)))
    connection.execute(ddl.comment("TABLE", ddl.public(name), comment))


def _hidden(table: str, sequence: str | None, roles: list[str]) -> Iterator[sql.Composed]:
    for role in dict.fromkeys(roles):
        grantee = sql.Identifier(role) if role else sql.SQL("PUBLIC")
        yield sql.SQL("REVOKE ALL ON {} FROM {} CASCADE").format(ddl.public(table), grantee)
        if sequence:
            yield sql.SQL("REVOKE ALL ON SEQUENCE {} FROM {} CASCADE").format(ddl.public(sequence), grantee)


def strip(connection: psycopg.Connection, table: str) -> None:
    """Drop a table's primary key, all its indexes, its triggers and its foreign keys.

    Functions and tables that other people made must not depend on a table that nobody sees. An undo copies triggers and
    foreign keys from the live table.
    """
    facts = catalog.describe(connection, table)
    if facts is None:
        return
    for trigger in facts.triggers:
        drop_trigger = sql.SQL("DROP TRIGGER {} ON {}")
        connection.execute(drop_trigger.format(sql.Identifier(trigger.name), ddl.public(table)))
    keys = [index.name for index in facts.indexes if index.constraint]
    foreign = [each.name for each in facts.constraints if each.definition.startswith("FOREIGN KEY")]
    for key in (*keys, *foreign, *filter(None, [facts.primary_key])):
        drop_key = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
        connection.execute(drop_key.format(ddl.public(table), sql.Identifier(key)))
    for index in facts.indexes:
        if not index.constraint:
            connection.execute(sql.SQL("DROP INDEX {}").format(ddl.public(index.name)))


def kept_table(connection: psycopg.Connection, resource_id: str) -> KeptTable | None:
    """Return the resource's kept table, None when there is none."""
    tables = every(connection, resource_id).get(resource_id)
    return tables[-1] if tables else None


def every(connection: psycopg.Connection, resource_id: str | None = None) -> dict[str, list[KeptTable]]:
    """Return the kept tables by resource, or only those of one resource, in one query."""
    prefix = table_names.kept_of(resource_id) if resource_id else table_names.ALL_KEPT
    found: dict[str, list[KeptTable]] = {}
    for table, comment in catalog.comments_like(connection, prefix).items():
        if owner := table_names.resource_of_kept(table):
            found.setdefault(owner, []).append(of(table, comment))
    return found


def of(table: str, comment: str | None) -> KeptTable:
    """Return what the comment of a kept table says of it."""
    about = json.loads(comment or "{}")
    return KeptTable(
        name=table,
        replaced_by=about.get("replaced_by", ""),
        at=about.get("at", ""),
        load=load_from_json(about.get("load")),
        indexes=tuple(Index(**{**each, "columns": tuple(each["columns"])}) for each in about.get("indexes", ())),
    )


def drop(connection: psycopg.Connection, resource_id: str) -> int:
    """Drop the resource's kept tables, and return how many there were."""
    tables = catalog.tables_like(connection, table_names.kept_of(resource_id))
    for table in tables:
        raw.drop(connection, table)
    return len(tables)


def rooms(connection: psycopg.Connection) -> list[Room]:
    """Return the room that the kept tables of each resource take."""
    return [
        Room(
            resource_id=resource_id,
            at=tables[-1].at,
            size=sum(room.size_of(connection, table.name) for table in tables),
        )
        for resource_id, tables in every(connection).items()
    ]


def size(connection: psycopg.Connection) -> int:
    """Return the number of bytes of all kept tables."""
    row = connection.execute(
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE starts_with(relname, %s)"
        " AND relnamespace = 'public'::regnamespace AND relkind = 'r'",
        [table_names.ALL_KEPT],
    ).fetchone()
    return row[0] if row else 0
