"""Commit the load: drop the old table or add the new rows, and close the journal's row. Rows are safe from here on."""

from __future__ import annotations

from functools import partial

from .. import portal
from ..checkpoint import reach
from ..core import table_names
from ..core.append import AppendRange
from ..core.errors import LockLost
from ..core.values import LoadPlan, Log, Swapped
from ..datastore import append, connect, journal, raw, swap
from ..datastore.connect import Connection
from ..datastore.lock_retry import patiently
from .detect_append import held


def commit(swapped: Swapped, log: Log) -> Swapped:
    """Drop the parked table, or add the new rows, and close the journal's row, in one transaction.

    :raises LockLost: when another worker has taken the run for dead and put the old table back.
    :raises ResourceGone: when the resource has been deleted; the transaction is rolled back.
    :raises TableTouched: when rows are to be added to a table that has been changed.
    """
    reach("commit.before")
    with connect.connect(autocommit=True) as connection:
        patiently(partial(_commit, connection, swapped))
    reach("commit.after")
    log.info(f"{swapped.rows:,} rows are in place.")
    return swapped


def _commit(connection: Connection, swapped: Swapped, lock_timeout: float) -> None:
    plan = swapped.plan
    with connection.transaction():
        swap.set_lock_timeout(connection, lock_timeout)
        entry = journal.open_entry(connection, plan.resource_id)
        phase = "stashed" if plan.append_range else "destructive"
        if entry is None or entry.run_id != plan.run_id or entry.phase != phase:
            raise LockLost(plan.resource_id)
        if plan.append_range:
            _add(connection, plan, plan.append_range)
        elif swapped.parked:
            raw.drop(connection, swapped.parked)
        journal.close(connection, entry, "committed", held(connection, plan))
        reach("commit.dropped")
        portal.refuse_gone(plan.resource_id)


def _add(connection: Connection, plan: LoadPlan, tail: AppendRange) -> None:
    beside = table_names.beside(plan.resource_id, plan.run_id)
    names = [column.name for column in plan.columns]
    append.add(connection, plan.resource_id, beside, names, tail, rows=plan.rows)
    journal.destroyed(connection, plan.resource_id, plan.run_id, new_oid=tail.table, parked=None, was=None)
