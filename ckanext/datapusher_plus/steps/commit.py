"""Commit the load: keep or drop the old table or add the new rows, and close the journal's row. Rows are safe then."""

from __future__ import annotations

from functools import partial

from .. import portal, settings
from ..checkpoint import reach
from ..core import table_names
from ..core.append import AppendRange
from ..core.errors import LockLost
from ..core.kept import Load
from ..core.message import say_n
from ..core.values import LoadPlan, Log, Strategy, Swapped
from ..datastore import append, connect, journal, kept, raw, swap
from ..datastore.connect import Connection
from ..datastore.lock_retry import patiently
from ..runs import records
from .detect_append import held


def commit(swapped: Swapped, log: Log) -> Swapped:
    """Keep or drop the parked table, or add the new rows, and close the journal's row, in one transaction.

    :raises LockLost: when another worker has taken the run for dead and put the old table back.
    :raises ResourceGone: when the resource has been deleted; the transaction is rolled back.
    :raises TableTouched: when rows are to be added to a table that has been changed.
    """
    reach("commit.before")
    with connect.connect(autocommit=True) as connection:
        patiently(partial(_commit, connection, swapped, _made_by(swapped)))
    reach("commit.after")
    log.info(say_n("{n} row is in place.", "{n} rows are in place.", swapped.rows))
    return swapped


def _commit(connection: Connection, swapped: Swapped, load: Load | None, lock_timeout: float) -> None:
    plan = swapped.plan
    with connection.transaction():
        swap.set_lock_timeout(connection, lock_timeout)
        entry = journal.open_entry(connection, plan.resource_id)
        phase = "stashed" if plan.append_range else "destructive"
        if entry is None or entry.run_id != plan.run_id or entry.phase != phase:
            raise LockLost(plan.resource_id)
        if plan.append_range:
            _add(connection, plan, plan.append_range)
        else:
            _put_away(connection, swapped, load)
        journal.close(connection, entry, "committed", held(connection, plan))
        reach("commit.dropped")
        portal.refuse_gone(plan.resource_id)


def _made_by(swapped: Swapped) -> Load | None:
    """Return the load that made the parked table."""
    last = records.last_loaded(swapped.plan.resource_id) if swapped.parked else None
    return last and records.as_load(last)


def _put_away(connection: Connection, swapped: Swapped, load: Load | None) -> None:
    """Keep the parked table, or drop it if the site wants that or has no room for it."""
    plan, site = swapped.plan, settings.current()
    if swapped.parked and site.keep_tables and site.load_strategy != Strategy.REPLACE.value:
        kept.keep(connection, plan.resource_id, plan.run_id, swapped.parked, load)
        return
    kept.drop(connection, plan.resource_id)
    if swapped.parked:
        raw.drop(connection, swapped.parked)


def _add(connection: Connection, plan: LoadPlan, tail: AppendRange) -> None:
    beside = table_names.beside(plan.resource_id, plan.run_id)
    names = [column.name for column in plan.columns]
    append.add(connection, plan.resource_id, beside, names, tail, rows=plan.rows)
    journal.destroyed(connection, plan.resource_id, plan.run_id, new_oid=tail.table, parked=None, was=None)
