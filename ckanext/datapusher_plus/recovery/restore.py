"""Whatever an earlier run left is put right: the old table if it can be had, its dictionary in any case.

It may be called as often as one likes, by whoever holds the resource's lock; that proves that the run which left
something is dead. The journal decides first, then what is there: a parked table, a live table, a stash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from .. import dictionary_stash, portal
from ..checkpoint import reach
from ..core import table_names
from ..core.values import Log
from ..datastore import catalog, connect, ddl, journal, raw, swap, swap_record, table_facts
from ..datastore.connect import Connection
from ..datastore.journal import Entry
from ..datastore.lock_retry import patiently
from ..datastore.swap_record import Record
from .rebuild import Spare, put_in_place, spare_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put right."""

    resource_id: str
    #: one sentence for the log
    what: str
    #: whether the resource has a table now
    table: bool


def restore(resource_id: str, log: Log, *, from_stash: bool = True) -> Restored | None:
    """Undo what a dead run did to the resource's table, and tell what that was; None when there was nothing to do.

    :param from_stash: make a table that is missing, though no run has touched it, again from the stash, empty.
    """
    dictionary_stash.drop_leftovers(resource_id)
    with connect.connect("datapusher_plus restore", autocommit=True) as connection:
        journal.prepare(connection)
        reach("restore.begin")
        drop_unfinished(connection, resource_id)
        reach("restore.cleaned")
        undone = patiently(partial(_undo, connection, resource_id, log))
        remade = patiently(partial(_from_stash, connection, resource_id, log)) if from_stash else None
    what = " ".join(sentence for sentence in (undone, remade) if sentence)
    if not what:
        return None
    log.info(what)
    reach("restore.undone")
    return Restored(resource_id=resource_id, what=what, table=show(resource_id))


def has_table(resource_id: str) -> bool:
    """Tell whether the resource has a live table."""
    with connect.connect() as connection:
        return catalog.table_exists(connection, resource_id)


def show(resource_id: str) -> bool:
    """Have CKAN show whether there is a table, and return that; a client may remove it while we look."""
    while True:
        table = has_table(resource_id)
        portal.mark_active(resource_id, table)
        if has_table(resource_id) == table:
            return table


def drop_unfinished(connection: Connection, resource_id: str) -> None:
    """Drop the raw and staged tables that dead runs of the resource did not come to drop."""
    raw_tables, staged_tables, _ = table_names.of_resource(resource_id)
    for prefix in (raw_tables, staged_tables):
        for table in catalog.tables_like(connection, prefix):
            raw.drop_from_the_dead(connection, table)


def _undo(connection: Connection, resource_id: str, log: Log, lock_timeout: float) -> str | None:
    entry = journal.open_entry(connection, resource_id)
    if entry is None:
        return _without_journal(connection, resource_id, log, lock_timeout)
    way_back = _way_back(connection, entry)
    spare = spare_table(connection, _record(entry).facts, log) if way_back is _make_empty else None
    with connection.transaction():
        if journal.open_entry(connection, resource_id) != entry:
            raise swap.TableChanged(resource_id)
        reach("restore.undoing")
        what = way_back(connection, entry, spare, lock_timeout)
        journal.close(connection, entry, "committed" if way_back is _leave_whole else "rolled_back")
        reach("restore.closing")
    return what


WayBack = Callable[[Connection, Entry, Spare | None, float], str | None]


def _way_back(connection: Connection, entry: Entry) -> WayBack:
    if entry.phase == "stashed":
        return _nothing_was_done
    live = catalog.oid_of(connection, entry.resource_id)
    if live is not None and live != entry.new_oid:
        return _leave_to_its_maker
    if entry.parked and catalog.table_exists(connection, entry.parked):
        return _put_back
    # rows that are there are never given up for none; only a first load that did not end is taken away
    if live and (entry.was or entry.strategy == "replace") and catalog.rows_of(connection, entry.resource_id):
        return _leave_whole
    return _make_empty if entry.was else _take_away


def _nothing_was_done(connection: Connection, entry: Entry, spare: Spare | None, lock_timeout: float) -> None:
    del connection, entry, spare, lock_timeout


def _put_back(connection: Connection, entry: Entry, spare: Spare | None, lock_timeout: float) -> str:
    del spare
    swap.put_back(connection, entry.parked or "", _record(entry), lock_timeout)
    return f"Run {entry.run_id} ended before its table was safe; the old table is back with all that belongs to it."


def _make_empty(connection: Connection, entry: Entry, spare: Spare | None, lock_timeout: float) -> str:
    was = _record(entry)
    edits = was.edits(catalog.describe(connection, entry.resource_id))
    if spare:
        put_in_place(connection, spare, edits, lock_timeout)
    return (
        f"Run {entry.run_id} had removed the old table and could not fill the new one; "
        "the table is empty and its Data Dictionary is back."
    )


def _take_away(connection: Connection, entry: Entry, spare: Spare | None, lock_timeout: float) -> str:
    del spare
    swap.drop_live(connection, entry.resource_id, lock_timeout)
    return f"Run {entry.run_id} ended before its table was safe; there was none before, so it was taken away."


def _leave_whole(connection: Connection, entry: Entry, spare: Spare | None, lock_timeout: float) -> str:
    del spare, lock_timeout
    _fill_comments(connection, entry)
    return f"Run {entry.run_id} ended after it had filled the new table, so that stays in place."


def _leave_to_its_maker(connection: Connection, entry: Entry, spare: Spare | None, lock_timeout: float) -> str:
    del spare, lock_timeout
    _fill_comments(connection, entry)
    if entry.parked:
        raw.drop(connection, entry.parked)
    return f"Somebody has made the table anew since run {entry.run_id} ended early; it stays as it is."


def _fill_comments(connection: Connection, entry: Entry) -> None:
    """Give columns of the live table that nobody has written about the words of the old one."""
    live = catalog.dictionary(connection, entry.resource_id)
    if live and entry.was:
        missing = live.lacks(_record(entry).facts.dictionary)
        ddl.run(connection, ddl.column_comments(ddl.public(entry.resource_id), missing))


def _record(entry: Entry) -> Record:
    if entry.was is None:
        raise ValueError(f"the journal row of run {entry.run_id} has no record of the old table")
    return swap_record.from_json(entry.was)


def _without_journal(connection: Connection, resource_id: str, log: Log, lock_timeout: float) -> str | None:
    *_, prefix = table_names.of_resource(resource_id)
    parked = catalog.tables_like(connection, prefix)
    if not parked:
        return None
    was = swap_record.of_parked(connection, parked[-1])
    if was is None or catalog.table_exists(connection, resource_id):
        log.warning(f"The old table {parked[-1]} is still there though no run says so; look at it and drop it.")
        return None
    swap.put_back(connection, parked[-1], was, lock_timeout)
    return f"The table was missing; the old one that run {was.run_id} had put aside is back."


def _from_stash(connection: Connection, resource_id: str, log: Log, lock_timeout: float) -> str | None:
    if catalog.table_exists(connection, resource_id):
        return None
    try:
        stash = dictionary_stash.load(resource_id)
    except OSError as error:
        log.warning(f"The Data Dictionary's stash cannot be read ({error.strerror}); the missing table stays away.")
        return None
    if stash is None or not stash.dictionary.columns:
        return None
    if stash.run_id and journal.is_committed(connection, stash.run_id):
        # it was in place for good, so whoever removed it has meant to; the words wait for the next load
        return None
    spare = spare_table(connection, table_facts.of_dictionary(resource_id, stash.dictionary), log)
    # before the table is there: once it is, nobody comes back here
    portal.mark_active(resource_id, True)
    put_in_place(connection, spare, {}, lock_timeout)
    return f"The table was missing; it is there again, empty, with its Data Dictionary (stash age {stash.age:.0f} s)."
