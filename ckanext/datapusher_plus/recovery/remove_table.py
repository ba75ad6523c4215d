"""Remove the table of a deleted resource, with everything that loads left of it."""

from __future__ import annotations

import time
from functools import partial

from .. import dictionary_stash, portal, waits
from ..checkpoint import reach
from ..core import table_names
from ..core.errors import StashUnreadable
from ..core.message import say
from ..core.values import Log
from ..datastore import catalog, connect, journal, raw, swap
from ..datastore.connect import Connection
from ..datastore.lock_retry import patiently
from ..dictionary_stash.history import Why
from ..model.database import transaction
from ..portal import Presence
from ..runs import aliases
from ..statistics import store
from ..words import registry
from .kept_dictionary import kept_dictionary
from .restore import drop_unfinished, has_table


class _Restored(Exception):
    """CKAN has the resource again."""


def withdraw(resource_id: str, log: Log, *, grace: float = waits.CKAN_DROPS_TABLE) -> bool:
    """Remove a deleted resource's table, views, journal rows and stash, and return whether there was a table.

    Nothing happens while CKAN has the resource. The call can be repeated; the caller must hold the resource's lock.
    The Data Dictionary goes to the history. If only the dataset is deleted, it goes to the stash: the next load needs
    it when the dataset is restored.

    :param grace: seconds to wait for CKAN to drop the table of a resource that it has just deleted.
    """
    if not portal.is_gone(resource_id):
        return False
    _leave_to_ckan(resource_id, grace)
    dictionary_stash.drop_leftovers(resource_id)
    with connect.connect("datapusher_plus restore", autocommit=True) as connection:
        journal.prepare(connection)
        drop_unfinished(connection, resource_id)
        _keep_dictionary(connection, resource_id, log)
        try:
            removed = patiently(partial(_remove, connection, resource_id))
        except _Restored:
            return False
    reach("withdraw.removed")
    _clear_stash(resource_id, log)
    portal.clear_flag(resource_id)
    portal.remove_rejected(resource_id)
    store.remove(resource_id)
    _forget_columns(resource_id)
    return removed


def _leave_to_ckan(resource_id: str, grace: float) -> None:
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline:
        standing = portal.standings([resource_id])[resource_id]
        if standing.presence is not Presence.DELETED or not standing.flag or not has_table(resource_id):
            return
        time.sleep(waits.CKAN_DROPS_TABLE_POLL)


def _remove(connection: Connection, resource_id: str, lock_timeout: float) -> bool:
    *_, parked = table_names.of_resource(resource_id)
    with connection.transaction():
        removed = swap.remove(connection, resource_id, lock_timeout)
        for table in catalog.tables_like(connection, parked):
            raw.drop(connection, table)
        journal.forget(connection, resource_id)
        reach("withdraw.dropped")
        if not portal.is_gone(resource_id):
            raise _Restored
    return removed


def _keep_dictionary(connection: Connection, resource_id: str, log: Log) -> None:
    """Save the labels and descriptions of the columns; if the folder cannot be written, the table is removed anyway."""
    try:
        kept = kept_dictionary(resource_id, catalog.dictionary(connection, resource_id), log)
        if kept is None:
            return
        if portal.presence(resource_id) is not Presence.IN_TRASH:
            dictionary_stash.history.keep(resource_id, kept, why=Why.DELETE)
        elif kept.columns:
            dictionary_stash.save(resource_id, kept)
    except (OSError, StashUnreadable) as error:
        log.warning(
            say(
                "The Data Dictionary of the deleted resource {resource} could not be kept: {error}",
                resource=resource_id,
                error=error,
            )
        )


def _forget_columns(resource_id: str) -> None:
    """Keep the registered columns only while the dataset is in the trash: it may be restored, with its drafts."""
    if portal.presence(resource_id) in (Presence.ACTIVE, Presence.IN_TRASH):
        registry.refresh(resource_id)
    else:
        with transaction() as connection:
            registry.forget(connection, resource_id)


def _clear_stash(resource_id: str, log: Log) -> None:
    if portal.presence(resource_id) in (Presence.ACTIVE, Presence.IN_TRASH):
        return
    aliases.forget(resource_id)
    try:
        dictionary_stash.clear(resource_id)
        dictionary_stash.remember(resource_id, [])
    except OSError as error:
        log.warning(
            say(
                "The stash of the deleted resource {resource} could not be removed: {error}",
                resource=resource_id,
                error=error,
            )
        )
