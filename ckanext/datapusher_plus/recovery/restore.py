"""Repair what an earlier run left: put its old table back if possible, and its Data Dictionary in any case.

The caller of `restore` must hold the resource's lock, which proves that the run that left something is dead; it may be
called any number of times. This module looks at the journal, the tables and the stash, and carries out what
`core.recovery.decide` returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from .. import dictionary_stash, portal
from ..checkpoint import reach
from ..core import table_names
from ..core.dictionary import merge
from ..core.message import join, say
from ..core.recovery import Action, Entry, Found, Live, Stashed, decide, rows_matter, which
from ..core.values import Log
from ..datastore import catalog, connect, ddl, journal, raw, swap, swap_record, table_facts
from ..datastore.connect import Connection
from ..datastore.lock_retry import patiently
from ..datastore.swap_record import SwapRecord
from .rebuild import Spare, put_in_place, spare_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was repaired."""

    resource_id: str
    #: one message for the log
    what: str
    #: whether the resource has a table now
    table: bool


def restore(resource_id: str, log: Log, *, from_stash: bool = True) -> Restored | None:
    """Roll back what a dead run did to the resource's table, and return what was done; None when nothing was.

    :param from_stash: also recreate a missing table, empty, from the stash.
    """
    dictionary_stash.drop_leftovers(resource_id)
    with connect.connect("datapusher_plus restore", autocommit=True) as connection:
        journal.prepare(connection)
        reach("restore.begin")
        drop_unfinished(connection, resource_id)
        reach("restore.cleaned")
        undone = patiently(partial(_repair, connection, resource_id, log, _left_by_a_run))
        remade = patiently(partial(_repair, connection, resource_id, log, _missing)) if from_stash else None
    what = join(sentence for sentence in (undone, remade) if sentence)
    if not what:
        return None
    log.info(what)
    reach("restore.undone")
    return Restored(resource_id=resource_id, what=what, table=show(resource_id))


def has_table(resource_id: str) -> bool:
    """Return whether the resource has a live table."""
    with connect.connect() as connection:
        return catalog.table_exists(connection, resource_id)


def show(resource_id: str) -> bool:
    """Set ``datastore_active`` to whether the resource has a table, and return that; a client may drop it meanwhile."""
    while True:
        table = has_table(resource_id)
        portal.mark_active(resource_id, table)
        if has_table(resource_id) == table:
            return table


def drop_unfinished(connection: Connection, resource_id: str) -> None:
    """Drop the raw and staged tables that dead runs of the resource left."""
    raw_tables, staged_tables, _ = table_names.of_resource(resource_id)
    for prefix in (raw_tables, staged_tables):
        for table in catalog.tables_like(connection, prefix):
            raw.drop_from_the_dead(connection, table)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What the decision is made from, and what is needed to carry it out."""

    resource_id: str
    found: Found
    entry: Entry | None = None
    #: name of the parked table
    parked: str = ""
    #: the table as it was before the run
    old: SwapRecord | None = None
    stash: dictionary_stash.Stash | None = None

    @property
    def record(self) -> SwapRecord:
        """Return the record of the old table, where one was found."""
        assert self.old is not None
        return self.old

    @property
    def run_id(self) -> str:
        """Return the id of the run that left this."""
        return self.entry.run_id if self.entry else self.record.run_id


_Look = Callable[[Connection, str, Log], _Case]


def _repair(connection: Connection, resource_id: str, log: Log, look: _Look, lock_timeout: float) -> str | None:
    """Look, decide, and carry out the decision; return a message for the log if something was done."""
    case = look(connection, resource_id, log)
    action = decide(case.entry, case.found)
    spare = _spare(connection, case, action, log)
    carry_out = partial(_carry_out, connection, case, action, spare, log, lock_timeout)
    if case.entry is None:
        return carry_out()
    with connection.transaction():
        if journal.open_entry(connection, resource_id) != case.entry:
            raise swap.TableChanged(resource_id)
        reach("restore.undoing")
        what = carry_out()
        journal.close(connection, case.entry, "committed" if action is Action.KEEP_NEW else "rolled_back")
        reach("restore.closing")
    return what


def _left_by_a_run(connection: Connection, resource_id: str, log: Log) -> _Case:
    """Look at the journal, the parked table and the live table."""
    del log
    entry = journal.open_entry(connection, resource_id)
    if entry is None:
        return _without_entry(connection, resource_id)
    found = Found(
        live=which(entry, catalog.oid_of(connection, resource_id)),
        parked=bool(entry.parked) and catalog.table_exists(connection, entry.parked),
        record=bool(entry.was),
    )
    if rows_matter(entry, found):
        found = replace(found, rows=catalog.has_rows(connection, resource_id))
    return _Case(
        resource_id=resource_id,
        found=found,
        entry=entry,
        parked=entry.parked or "",
        old=swap_record.from_json(entry.was) if entry.was else None,
    )


def _without_entry(connection: Connection, resource_id: str) -> _Case:
    *_, prefix = table_names.of_resource(resource_id)
    tables = catalog.tables_like(connection, prefix)
    parked = tables[-1] if tables else ""
    old = swap_record.of_parked(connection, parked) if parked else None
    live = which(None, catalog.oid_of(connection, resource_id))
    found = Found(live=live, parked=bool(parked), record=old is not None)
    return _Case(resource_id=resource_id, found=found, parked=parked, old=old)


def _missing(connection: Connection, resource_id: str, log: Log) -> _Case:
    """Look whether the table is missing and, if it is, at the stash."""
    live = which(None, catalog.oid_of(connection, resource_id))
    stashed, stash = _stashed(connection, resource_id, log) if live is Live.NONE else (Stashed.NONE, None)
    return _Case(resource_id=resource_id, found=Found(live=live, stash=stashed), stash=stash)


def _stashed(connection: Connection, resource_id: str, log: Log) -> tuple[Stashed, dictionary_stash.Stash | None]:
    try:
        stash = dictionary_stash.load(resource_id)
    except OSError as error:
        log.warning(
            say(
                "The Data Dictionary's stash cannot be read ({reason}), so the missing table is not created again.",
                reason=error.strerror,
            )
        )
        return Stashed.UNREADABLE, None
    if stash is None or not stash.dictionary.columns:
        return Stashed.NONE, None
    if stash.run_id and journal.is_committed(connection, stash.run_id):
        return Stashed.COMMITTED, stash
    return Stashed.USABLE, stash


def _spare(connection: Connection, case: _Case, action: Action, log: Log) -> Spare | None:
    """Create the empty table that the action needs, if any; no reader or writer waits for it."""
    if action is Action.MAKE_EMPTY:
        return spare_table(connection, case.record.facts, log)
    if action is Action.MAKE_FROM_STASH and case.stash:
        return spare_table(connection, table_facts.of_dictionary(case.resource_id, case.stash.dictionary), log)
    return None


def _carry_out(
    connection: Connection, case: _Case, action: Action, spare: Spare | None, log: Log, lock_timeout: float
) -> str | None:
    what: str | None = None
    match action:
        case Action.NOTHING:
            pass
        case Action.PUT_BACK:
            swap.put_back(connection, case.parked, case.record, lock_timeout)
            what = say(
                "Run {run} ended before its table was committed; the old table and its views are back.", run=case.run_id
            )
        case Action.MAKE_EMPTY:
            edits = case.record.edits(catalog.describe(connection, case.resource_id))
            put_in_place(connection, _made(spare), edits, lock_timeout)
            what = say("Run {run} removed the old table and did not fill the new one.", run=case.run_id)
            what = join((what, say("The table is empty; its Data Dictionary is back.")))
        case Action.TAKE_AWAY:
            swap.drop_live(connection, case.resource_id, lock_timeout)
            what = say(
                "Run {run} ended before its table was committed; there was none before, so it was removed.",
                run=case.run_id,
            )
        case Action.KEEP_NEW:
            _fill_comments(connection, case)
            what = say("Run {run} ended after it had filled the new table, so the new table stays.", run=case.run_id)
        case Action.KEEP_OTHERS:
            _fill_comments(connection, case)
            _drop_parked(connection, case)
            what = say(
                "Somebody else has made a new table since run {run} ended early; that table stays as it is.",
                run=case.run_id,
            )
        case Action.MAKE_FROM_STASH:
            what = _make_from_stash(connection, case, _made(spare), lock_timeout)
        case Action.REPORT_PARKED:
            log.warning(
                say(
                    "The journal has no entry for the old table {parked}; look at it, then rename or drop it.",
                    parked=case.parked,
                )
            )
        case Action.REFUSE:
            raise ValueError(f"The journal entry of run {case.run_id} has no record of the old table {case.parked}.")
    return what


def _made(spare: Spare | None) -> Spare:
    assert spare is not None
    return spare


def _fill_comments(connection: Connection, case: _Case) -> None:
    """Set the old table's comments on columns of the live table that have none."""
    live = catalog.dictionary(connection, case.resource_id)
    if live and case.old:
        missing = merge.missing_comments(live, case.old.facts.dictionary)
        ddl.run(connection, ddl.column_comments(ddl.public(case.resource_id), missing))


def _drop_parked(connection: Connection, case: _Case) -> None:
    if case.parked:
        raw.drop(connection, case.parked)


def _make_from_stash(connection: Connection, case: _Case, spare: Spare, lock_timeout: float) -> str:
    # first CKAN's flag, then the table: no later call repairs the flag of a table that exists
    portal.mark_active(case.resource_id, True)
    put_in_place(connection, spare, {}, lock_timeout)
    age = case.stash.age if case.stash else 0
    return say(
        "The table was missing; it was created again, empty, with its Data Dictionary (stash age {age} s).",
        age=round(age),
    )
