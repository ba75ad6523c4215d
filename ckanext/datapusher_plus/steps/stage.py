"""Build the complete new table beside the live one; readers do not see it."""

from __future__ import annotations

import time
from functools import partial

from ..checkpoint import reach
from ..core import table_names
from ..core.index_plan import IndexPlan
from ..core.kept import needed
from ..core.values import LoadPlan, Log, Staged
from ..datastore import cast_errors, connect, fill, planner, raw, room
from ..datastore import stage as staging
from ..datastore.connect import Connection
from ..datastore.table_facts import TableFacts
from ..recovery import kept_tables
from . import load_table


def stage(plan: LoadPlan, log: Log) -> Staged:
    """Load the file into a new table under its own name, with the old table's indexes, triggers and constraints.

    :raises ValueDoesNotFit, UniqueKeyBroken, RowsLost: when the rows cannot be loaded.
    """
    with connect.connect("datapusher_plus load", autocommit=True) as connection:
        wanted = needed(plan.csv.path.stat().st_size, room.size_of(connection, plan.resource_id))
        kept_tables.make_room(connection, wanted, mine=plan.resource_id, run_log=log)
        source = load_table.copy(connection, plan, log)
        old = load_table.old_table(connection, plan)
        table = load_table.new_table(connection, plan, old, log)
        planned = load_table.planned_indexes(old, plan)
        _fill(connection, table, source, plan, planned, log)
        rows = load_table.counted(connection, table, plan, log)
        reach("stage.filled")
        _finish(connection, table, plan, planned, old, log)
        reach("stage.indexed")
    return Staged(plan=plan, table=table, rows=rows)


def _fill(connection: Connection, table: str, source: str, plan: LoadPlan, planned: IndexPlan, log: Log) -> None:
    text = load_table.full_text(connection, table, plan, log)
    staging.strip(connection, table)
    staging.autovacuum(connection, table, on=False)
    staging.full_text_by_trigger(connection, table, on=text is None)
    reach("stage.stripped")
    started = time.monotonic()
    with cast_errors.explained(connection, source, table, plan.columns, plan.rows):
        fill.fill(
            connection,
            fill.Filling(
                table=table,
                source=source,
                columns=plan.columns,
                # a trigger written by a site may rely on seeing the rows one after another
                connections=load_table.connections(plan) if text else 1,
                text=text,
                progress=lambda done, total: log.progress("fill", done, total),
                shortened=partial(load_table.warn_of_shortened_texts, log),
            ),
            index=load_table.early_index(connection, table, planned, plan, log) if text else None,
            beside=table_names.beside(plan.resource_id, plan.run_id),
        )
    reach("stage.cast")
    staging.full_text_by_trigger(connection, table, on=True)
    raw.drop(connection, source)
    load_table.tell_of_values(started, log)


def _finish(
    connection: Connection, table: str, plan: LoadPlan, planned: IndexPlan, old: TableFacts | None, log: Log
) -> None:
    load_table.warn_of_lost_indexes(planned, log)
    started = time.monotonic()
    load_table.build(connection, table, load_table.unbuilt(connection, table, planned.build), plan, log)
    if old:
        staging.carry_constraints(connection, old, table, log.warning)
    planner.analyze(connection, table)
    staging.autovacuum(connection, table, on=True)
    load_table.tell_of_indexes(len(planned.build) + 1, started, log)
