"""What dead runs left in the datastore: open rows in the journal; raw, staged and parked tables."""

from __future__ import annotations

import logging

from .. import dictionary_stash, portal
from ..core import table_names
from ..core.values import Log
from ..datastore import catalog, connect, journal
from ..datastore.lock import ResourceLock, is_free
from .remove_table import withdraw
from .restore import restore

log = logging.getLogger(__name__)


def suspects() -> list[str]:
    """Return the resources with leftovers of a run, whether or not a run of theirs is in progress."""
    with connect.connect(autocommit=True) as connection:
        journal.prepare(connection)
        tables = catalog.tables_like(connection, table_names.PREFIX)
        left = {resource for table in tables if (resource := table_names.resource_of(table))}
        return sorted({*journal.open_resources(connection), *left})


def lost() -> list[str]:
    """Return the resources that have a stash but no table.

    No run leaves this state: somebody has removed the table. The next load or the command ``recover`` restores it.
    """
    try:
        pending = dictionary_stash.pending()
    except OSError as error:
        log.error("It is unknown which Data Dictionaries are stashed: %s", error)  # noqa: TRY400
        return []
    with connect.connect() as connection:
        return [resource for resource in pending if not catalog.table_exists(connection, resource)]


def orphans() -> list[str]:
    """Return the suspects whose lock no run holds."""
    return [resource_id for resource_id in suspects() if is_free(resource_id)]


def sweep(resource_id: str, log: Log) -> str | None:
    """Restore one resource, unless a run holds its lock; return a message, None when a run holds it."""
    with ResourceLock(resource_id) as lock:
        if not lock.acquire():
            return None
        if portal.is_gone(resource_id):
            withdraw(resource_id, log)
            return f"{resource_id}: the resource or its dataset is deleted; what a run had left was cleared away."
        restored = restore(resource_id, log)
    return f"{resource_id}: {restored.what if restored else 'what a run had left was cleared away.'}"
