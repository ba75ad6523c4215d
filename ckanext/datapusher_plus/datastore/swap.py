"""Exchange two tables under one name, and put the old one back, each in one short transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import psycopg
from psycopg import errors, sql

from ..checkpoint import reach
from ..core import table_names
from ..core.dictionary import merge
from ..core.index_plan import Index
from . import catalog, ddl, dependent_views, journal, kept
from .swap_record import SwapRecord
from .table_facts import TableFacts

#: Seconds. Once we hold the table, a reader of a view may wait for us while we wait for its view. PostgreSQL aborts the
#: side that detects the deadlock first, after ``deadlock_timeout`` (1 second by default); we give up earlier, so that
#: it is never the reader.
_UNDER_LOCK = 0.9


class TableChanged(Exception):
    """The live table is not the one that the exchange was prepared for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Which table replaces which, and how."""

    resource_id: str
    run_id: str
    staged: str
    #: the indexes of the staged table, under the names that they get
    indexes: tuple[Index, ...]
    #: number of rows in the staged table
    rows: int
    #: raw comments that the plan sets
    comments: Mapping[str, str | None]
    #: raw comments from which it was made
    seen_comments: Mapping[str, str | None]
    #: the live table as it was before the lock; None when there was none
    seen: TableFacts | None
    #: what is known of a table that no longer exists, used when there is no live one
    kept: TableFacts | None
    #: keep the old table under another name until the commit, else drop it
    park: bool
    #: ISO 8601
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What the exchange did."""

    parked: str | None
    #: aliases whose names are taken by something else
    taken: tuple[str, ...]


def exchange(connection: psycopg.Connection, order: Exchange, lock_timeout: float) -> Exchanged:
    """Put the staged table in place and write the journal, in one transaction.

    :param lock_timeout: seconds to wait for readers of the live table.
    :raises TableChanged: when the live table has changed since it was ``seen``.
    :raises psycopg.errors.LockNotAvailable: when readers did not release the table in time.
    """
    with connection.transaction():
        live = _locked(connection, order.resource_id, order.seen, lock_timeout)
        reach("swap.locked")
        new = _staged(connection, order.staged)
        now = live.columns if live else ()
        written = merge.live_over_planned(new.columns, now, order.comments, order.seen_comments)
        brought = {"name": new.table, "comment": new.comment} if table_names.resource_of_kept(new.table) else None
        record = live and SwapRecord(run_id=order.run_id, at=order.at, facts=live, written=written, kept=brought)
        ddl.run(connection, ddl.column_comments(ddl.public(new.table), written))
        if live:
            dependent_views.check(connection, live)
            ddl.run(connection, _carry(live, new))
            dependent_views.drop(connection, live.views)
        parked = _make_room(connection, record, order) if record else None
        reach("swap.parked")
        ddl.run(connection, ddl.moves(_named(new, order.resource_id, order.indexes), order.staged, order.resource_id))
        taken = _make_views(connection, order.resource_id, live, order.kept)
        reach("swap.renamed")
        write_count(connection, order.resource_id, order.rows)
        _note(connection, order, parked, record)
        reach("swap.journaled")
    return Exchanged(parked=parked, taken=tuple(taken))


def put_back(connection: psycopg.Connection, parked: str, record: SwapRecord, lock_timeout: float) -> None:
    """Give the parked table its name, indexes and views again, and drop the table that has its place.

    If that is a kept table, it is kept again, so that the load can still be undone.
    """
    old = record.facts
    with connection.transaction():
        live = _drop_live(connection, old.table, lock_timeout, record.kept)
        ddl.run(connection, ddl.moves(old, parked, old.table))
        connection.execute(ddl.comment("TABLE", ddl.public(old.table), old.comment))
        ddl.run(connection, ddl.column_comments(ddl.public(old.table), record.edits(live)))
        dependent_views.make(connection, old.views, old.table)


def put_empty(
    connection: psycopg.Connection,
    staged: str,
    old: TableFacts,
    *,
    comments: Mapping[str, str | None],
    indexes: tuple[Index, ...],
    lock_timeout: float,
) -> None:
    """Put the empty ``staged`` table in place of a lost one of which only the facts are known."""
    with connection.transaction():
        live = _drop_live(connection, old.table, lock_timeout)
        new = _staged(connection, staged)
        ddl.run(connection, ddl.column_comments(ddl.public(staged), comments))
        ddl.run(connection, _carry(old, new))
        ddl.run(connection, ddl.moves(_named(new, old.table, indexes), staged, old.table))
        _make_views(connection, old.table, live and old, old)


def drop_live(connection: psycopg.Connection, table: str, lock_timeout: float) -> None:
    """Drop a live table with the views on it."""
    with connection.transaction():
        _drop_live(connection, table, lock_timeout)


def remove(connection: psycopg.Connection, table: str, lock_timeout: float) -> bool:
    """Drop a live table with everything that depends on it, as CKAN does, and return whether there was one."""
    live = _locked(connection, table, catalog.describe(connection, table), lock_timeout)
    if live:
        connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(ddl.public(table)))
    kept.drop(connection, table)
    write_count(connection, table, None)
    return live is not None


def write_count(connection: psycopg.Connection, table: str, rows: int | None) -> None:
    """Set the row count that CKAN keeps of a table; with None, CKAN counts when it is next asked."""
    if connection.execute("SELECT to_regclass('public._table_stats')").fetchone() == (None,):
        return
    if rows is None:
        connection.execute("DELETE FROM public._table_stats WHERE resource_id = %s", [table])
        return
    connection.execute(
        "INSERT INTO public._table_stats (resource_id, stats) VALUES (%s, jsonb_build_object('rows', %s::bigint))"
        # a reader may have written a count in the meantime
        " ON CONFLICT (resource_id) DO UPDATE SET stats = excluded.stats",
        [table, rows],
    )


def _locked(
    connection: psycopg.Connection, table: str, seen: TableFacts | None, lock_timeout: float
) -> TableFacts | None:
    """Lock the live table exclusively and return it as it is now.

    :raises TableChanged: when it has changed since it was ``seen``.
    """
    set_lock_timeout(connection, lock_timeout)
    if seen:
        # Aliases first: a reader locks a view before the table behind it, and any other order could deadlock with it.
        aliases = [ddl.public(view.name) for view in seen.views if view.alias and view.ours]
        names = sql.SQL(", ").join([*aliases, ddl.public(table)])
        try:
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
        except errors.UndefinedTable as error:
            raise TableChanged(table) from error
    set_lock_timeout(connection, min(lock_timeout, _UNDER_LOCK))
    live = catalog.describe(connection, table)
    if _shape(live) != _shape(seen):
        raise TableChanged(table)
    return live


def _shape(table: TableFacts | None) -> object:
    """Return what must not change between preparation and exchange; comments and grants may change."""
    if table is None:
        return None
    views = [(view.schema, view.name) for view in table.views]
    return table.types, table.indexes, table.constraints, table.triggers, views


def set_lock_timeout(connection: psycopg.Connection, seconds: float) -> None:
    """Limit the wait for a lock until the transaction ends."""
    connection.execute("SELECT set_config('lock_timeout', %s, true)", [f"{int(seconds * 1000)}ms"])


def _staged(connection: psycopg.Connection, table: str) -> TableFacts:
    found = catalog.describe(connection, table)
    if found is None:
        raise errors.UndefinedTable(f"{table} is gone")
    return found


def _carry(old: TableFacts, new: TableFacts) -> Iterator[sql.Composed]:
    """Copy the old table's own comment, grants and owner to the new one."""
    relation = ddl.public(new.table)
    # a kept table's own comment says where it comes from
    if old.comment != new.comment:
        yield ddl.comment("TABLE", relation, old.comment)
    yield from ddl.grants(relation, old.grants, new.grants, [name for name, _ in new.types])
    if old.owner and old.owner != new.owner:
        yield ddl.owner("TABLE", relation, old.owner)


def _make_room(connection: psycopg.Connection, record: SwapRecord, order: Exchange) -> str | None:
    """Drop or park the live table, and return the parked table's name."""
    if not order.park:
        connection.execute(sql.SQL("DROP TABLE {}").format(ddl.public(order.resource_id)))
        return None
    parked = table_names.parked(order.resource_id, order.run_id)
    ddl.run(connection, ddl.moves(record.facts, order.resource_id, parked))
    connection.execute(ddl.comment("TABLE", ddl.public(parked), json.dumps(record.as_json())))
    return parked


def _named(new: TableFacts, table: str, indexes: tuple[Index, ...]) -> TableFacts:
    """Return the facts of a staged table with the live names that its indexes were built for."""
    there = {index.name for index in new.indexes}
    return replace(
        new,
        table=table,
        primary_key=table_names.primary_key(table),
        sequence=table_names.sequence(table),
        indexes=tuple(index for index in indexes if table_names.index(new.table, index.name) in there),
    )


def _make_views(
    connection: psycopg.Connection, table: str, live: TableFacts | None, kept: TableFacts | None
) -> list[str]:
    """Create the views on the table again; without a live table, only those whose names are free."""
    if live:
        dependent_views.make(connection, live.views, table)
        return []
    return dependent_views.make_where_free(connection, kept.views, table) if kept else []


def _note(connection: psycopg.Connection, order: Exchange, parked: str | None, record: SwapRecord | None) -> None:
    new = catalog.oid_of(connection, order.resource_id)
    was = record.as_json() if record else None
    journal.destroyed(connection, order.resource_id, order.run_id, new_oid=new or 0, parked=parked, was=was)


def _drop_live(
    connection: psycopg.Connection, table: str, lock_timeout: float, keep: Mapping[str, str | None] | None = None
) -> TableFacts | None:
    """Drop a live table, or keep it by the name in ``keep``, with the views on it, and return its facts."""
    live = _locked(connection, table, catalog.describe(connection, table), lock_timeout)
    if live:
        dependent_views.drop(connection, live.views)
        if keep and keep["name"]:
            kept.store(connection, table, keep["name"], keep["comment"])
        else:
            connection.execute(sql.SQL("DROP TABLE {}").format(ddl.public(table)))
    write_count(connection, table, None)
    reach("restore.dropped")
    return live
