"""The ``replace`` strategy, for databases without room for two copies: drop the old table, then fill the new one.

The file is first copied as raw text and its casts are tried, so a file that does not fit costs nothing. There are
never more than two copies of the rows.
"""

from __future__ import annotations

import time
from functools import partial

from .. import portal
from ..checkpoint import reach
from ..core.values import LoadPlan, Log, Swapped
from ..datastore import cast_errors, catalog, connect, indexes, kept, planner, raw
from ..datastore import stage as staging
from ..datastore import swap as exchanging
from ..datastore.connect import Connection
from ..datastore.lock_retry import patiently
from ..datastore.table_facts import TableFacts
from . import load_table
from .swap import ordered, taken_aliases


def replace(plan: LoadPlan, log: Log) -> Swapped:
    """Drop the live table, put the empty new one in its place, and fill it in one transaction.

    :raises ValueDoesNotFit, ResourceGone: before anything is dropped.
    :raises UniqueKeyBroken, RowsLost: when the rows cannot be loaded; the table is empty then.
    """
    with connect.connect(autocommit=True) as connection:
        # this strategy is for databases without room
        kept.drop(connection, plan.resource_id)
        source = load_table.copy(connection, plan, log)
        cast_errors.check(connection, source, plan.columns, plan.rows)
        old = load_table.old_table(connection, plan)
        table = load_table.new_table(connection, plan, old, log)
        staging.drop_indexes(connection, table)
        done = patiently(partial(_exchange, connection, plan, table))
        reach("replace.deleted")
        with connection.transaction():
            rows = _fill(connection, source, plan, log)
            _finish(connection, plan, old, log)
            exchanging.write_count(connection, plan.resource_id, rows)
            reach("replace.indexed")
            # what fails after the commit would leave the new rows behind a load that has failed
            planner.analyze(connection, plan.resource_id)
            reach("replace.filled")
    return Swapped(plan=plan, parked=None, rows=rows, warnings=taken_aliases(done, log))


def _exchange(connection: Connection, plan: LoadPlan, table: str, lock_timeout: float) -> exchanging.Exchanged:
    seen = catalog.describe(connection, plan.resource_id)
    order = ordered(connection, plan, table, seen, (), rows=0, park=False)
    portal.refuse_gone(plan.resource_id)
    return exchanging.exchange(connection, order, lock_timeout)


def _fill(connection: Connection, source: str, plan: LoadPlan, log: Log) -> int:
    table, started = plan.resource_id, time.monotonic()
    text = load_table.full_text(connection, table, plan, log)
    staging.full_text_by_trigger(connection, table, on=text is None)
    with cast_errors.explained(connection, source, table, plan.columns, plan.rows), connection.transaction():
        letters = staging.execute(connection, partial(staging.insert, table, source, plan.columns), text)
        reach("replace.cast")
    if letters is not None:
        load_table.warn_of_shortened_texts(log, letters)
    staging.full_text_by_trigger(connection, table, on=True)
    raw.drop(connection, source)
    load_table.tell_of_values(started, log)
    return load_table.counted(connection, table, plan, log)


def _finish(connection: Connection, plan: LoadPlan, old: TableFacts | None, log: Log) -> None:
    planned = load_table.planned_indexes(old, plan)
    load_table.warn_of_lost_indexes(planned, log)
    found = indexes.means_for(connection, plan.resource_id, planned.build)
    for index, means in zip(planned.build, found, strict=True):
        indexes.make(connection, plan.resource_id, index.name, index, log.warning, means)
    if old:
        staging.carry_constraints(connection, old, plan.resource_id, log.warning)
