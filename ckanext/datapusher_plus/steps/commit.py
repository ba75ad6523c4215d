"""From here on nothing can cost rows any more: the old table goes, and the journal's row is closed."""

from __future__ import annotations

from functools import partial

from ..checkpoint import reach
from ..core.errors import LockLost
from ..core.values import Log, Swapped
from ..datastore import connect, journal, raw, swap
from ..datastore.connect import Connection
from ..datastore.patience import patiently


def commit(swapped: Swapped, log: Log) -> Swapped:
    """Drop the parked table and close the journal's row, in one transaction.

    :raises LockLost: when somebody has taken the run for dead and put the old table back.
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
        if entry is None or entry.run_id != plan.run_id or entry.phase != "destructive":
            raise LockLost(plan.resource_id)
        if swapped.parked:
            raw.drop(connection, swapped.parked)
        journal.close(connection, entry, "committed")
        reach("commit.dropped")
