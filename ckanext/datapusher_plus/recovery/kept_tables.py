"""Remove tables that are kept for an undo: when they are too old, or there is no room, or their resource is gone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timezone

from .. import portal, settings, waits
from ..core.errors import DatastoreBusy
from ..core.kept import given_up, is_expired
from ..core.log import Log
from ..core.message import say
from ..datastore import catalog, connect, kept, room
from ..datastore.connect import Connection
from ..datastore.lock import ResourceLock

log = logging.getLogger(__name__)


def tidy(resource_id: str | None, dry_run: bool) -> Iterator[str]:
    """Remove the kept tables that nobody can need, and return a message for each resource."""
    for each in sorted(_over(resource_id)):
        if dry_run:
            yield f"{each}: the table that was kept for an undo would be removed."
        elif _remove(each):
            yield f"{each}: the table that was kept for an undo is removed."


def forget(resource_id: str) -> None:
    """Remove the kept table of a resource whose table was deleted, unless a run holds the resource's lock."""
    with connect.connect(autocommit=True) as connection:
        live = catalog.table_exists(connection, resource_id)
    if not live:
        _remove(resource_id)


def make_room(connection: Connection, wanted: int, *, mine: str, run_log: Log) -> int:
    """Remove kept tables, oldest first, until the database's disk has ``wanted`` bytes; return how many tables went.

    Does nothing when that disk is not on this machine.

    :param mine: the resource whose lock the caller holds.
    """
    free = room.free_for_tables(connection)
    if free is None or free >= wanted:
        return 0
    left, removed = kept.rooms(connection), 0
    # a table that is in use stays, and the next oldest goes
    while going := given_up(left, free, wanted):
        for each in going:
            left.remove(each)
            if count := _give_up(each.resource_id, is_locked=each.resource_id == mine):
                free, removed = free + each.size, removed + count
                log.warning("%s: the table that was kept for an undo is removed, to make room", each.resource_id)
    if removed:
        run_log.info(
            say(
                "The database's disk had too little room for this load. Tables that were kept for an undo are removed,"
                " the oldest first: {count}.",
                count=removed,
            )
        )
    return removed


def _give_up(resource_id: str, *, is_locked: bool) -> int:
    """Drop the kept tables of a resource, and return how many; 0 if they are in use.

    :param is_locked: the caller holds the resource's lock.
    """
    try:
        with ResourceLock(resource_id) as lock:
            if not (is_locked or lock.acquire()):
                return 0
            with connect.connect(autocommit=True) as connection, connection.transaction():
                connection.execute("SELECT set_config('lock_timeout', %s, true)", [f"{waits.KEPT_TABLE_LOCK}s"])
                return kept.drop(connection, resource_id)
    except DatastoreBusy:
        # a backup may be reading it
        return 0


def _over(resource_id: str | None) -> set[str]:
    """Return the resources, one or all, whose kept tables nobody can need; all take as many queries as one."""
    with connect.connect(autocommit=True) as connection:
        found = kept.every(connection, resource_id)
        live = catalog.existing(connection, found)
    site = settings.current()
    standings = portal.standings(live) if live and site.keep_tables else {}
    wanted = {each for each, standing in standings.items() if not standing.gone}
    return {
        each
        for each, tables in found.items()
        if is_expired(_age(tables[-1].at), site.keep_tables_days, keep=each in wanted)
    }


def _age(at: str) -> float:
    since = datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=timezone.utc)
    return (datetime.now(timezone.utc) - since).total_seconds()


def _remove(resource_id: str) -> bool:
    """Remove the kept table unless a run holds the resource's lock; an undo may just be using it."""
    with ResourceLock(resource_id) as lock:
        if not lock.acquire() or not _over(resource_id):
            return False
        with connect.connect(autocommit=True) as connection:
            return kept.drop(connection, resource_id) > 0
