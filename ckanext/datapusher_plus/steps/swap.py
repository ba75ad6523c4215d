"""Put the new table in the old one's place; until the commit the old one is parked under another name."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from functools import partial

from .. import portal
from ..checkpoint import reach
from ..core.index_plan import Index
from ..core.message import say
from ..core.values import LoadPlan, Log, Staged, Swapped
from ..datastore import catalog, connect
from ..datastore import stage as staging
from ..datastore import swap as exchanging
from ..datastore.connect import Connection
from ..datastore.lock_retry import patiently
from ..datastore.swap import Exchange, Exchanged
from ..datastore.table_facts import TableFacts
from . import load_table


def swap(staged: Staged, log: Log) -> Swapped:
    """Exchange the tables in one transaction; readers wait for it only milliseconds.

    :raises ResourceGone, DatastoreBusy, DependentViewBroken: when it cannot be done; nothing is changed then.
    """
    reach("swap.before")
    with connect.connect(autocommit=True) as connection:
        done = patiently(partial(_try, connection, staged, log))
    reach("swap.after")
    return Swapped(plan=staged.plan, parked=done.parked, rows=staged.rows, warnings=taken_aliases(done, log))


def taken_aliases(done: Exchanged, log: Log) -> tuple[str, ...]:
    """Warn of aliases that could not be created, and return the warnings."""
    warnings = tuple(
        say("The alias “{name}” was left out: something else has that name now.", name=name) for name in done.taken
    )
    for warning in warnings:
        log.warning(warning)
    return warnings


def _try(connection: Connection, staged: Staged, log: Log, lock_timeout: float) -> Exchanged:
    seen = catalog.describe(connection, staged.plan.resource_id)
    planned = load_table.planned_indexes(seen or load_table.kept_table(staged.plan), staged.plan)
    # indexes that were added to the live table while the new one was built; automatic ones were tried already
    by_hand = tuple(index for index in planned.build if not index.automatic)
    if late := load_table.unbuilt(connection, staged.table, by_hand):
        load_table.build(connection, staged.table, late, staged.plan, log)
    order = ordered(connection, staged.plan, staged.table, seen, planned.build, rows=staged.rows)
    portal.refuse_gone(staged.plan.resource_id)
    started = time.monotonic()
    done = exchanging.exchange(connection, order, lock_timeout)
    log.debug(f"Tables exchanged in {(time.monotonic() - started) * 1000:.0f} ms.")
    return done


def ordered(
    connection: Connection,
    plan: LoadPlan,
    table: str,
    seen: TableFacts | None,
    indexes: tuple[Index, ...],
    *,
    rows: int,
    park: bool = True,
) -> Exchange:
    """Return the order to exchange a staged table with the live one as it was just now (``seen``)."""
    if seen:
        staging.carry_triggers(connection, seen, table, lambda _: None)
    return Exchange(
        resource_id=plan.resource_id,
        run_id=plan.run_id,
        staged=table,
        indexes=indexes,
        rows=rows,
        comments={column.name: column.comment for column in plan.columns},
        seen_comments={column.name: column.comment for column in plan.kept.columns} if plan.kept else {},
        seen=seen,
        kept=load_table.kept_table(plan),
        park=park,
        at=datetime.now(timezone.utc).isoformat(),
    )
