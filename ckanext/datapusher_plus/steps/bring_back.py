"""Undo a load: the kept table takes the place of a file, and of the table that is filled from one."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ..checkpoint import reach
from ..core.dictionary.model import Dictionary
from ..core.errors import NothingToUndo
from ..core.index_plan import Index
from ..core.kept import KeptTable, Load
from ..core.message import say
from ..core.personal_data.findings import from_json
from ..core.types.written import DATES, DECIMAL
from ..core.values import CleanCsv, ColumnSpec, FullText, LoadPlan, Log, Staged, Strategy
from ..datastore import catalog, connect, kept, planner, raw
from ..datastore import stage as staging
from ..datastore.table_facts import TableFacts
from ..recovery.kept_dictionary import kept_dictionary
from ..runs import records
from . import load_table


def plan_undo(run_id: str, resource_id: str, log: Log) -> LoadPlan:
    """Plan to exchange the table with the one that the last load replaced.

    :raises NothingToUndo: when there is no kept table, or no table to exchange it with.
    """
    with connect.connect() as connection:
        found, live = kept.kept_table(connection, resource_id), catalog.describe(connection, resource_id)
        facts = catalog.describe(connection, found.name) if found else None
        if found is None or facts is None or live is None:
            raise NothingToUndo
        rows = catalog.rows_of(connection, found.name)
    load, last = found.load or Load(run_id=""), records.last_loaded(resource_id)
    dictionary = kept_dictionary(resource_id, live.dictionary, log)
    log.info(say("The earlier table is brought back. It has {rows} rows.", rows=rows))
    return LoadPlan(
        run_id=run_id,
        resource_id=resource_id,
        csv=_in_place_of_file(facts, load, rows),
        rows=rows,
        columns=_columns(facts, dictionary),
        strategy=Strategy.SWAP,
        full_text=FullText.ALL,
        kept=dictionary,
        live=True,
        load_key=load.load_key,
        file_hash=load.file_hash,
        found=from_json(load.personal),
        automatic_indexes=_indexes_of_its_own(live, found),
        fields=load.fields,
        undo=found,
        undone_key=(last and last.load_key) or "",
        written={name: load.read_as[name] for name in (DECIMAL, DATES) if name in load.read_as},
    )


def _in_place_of_file(facts: TableFacts, load: Load, rows: int) -> CleanCsv:
    headings = {name: more[1] if len(more) > 1 else name for name, *more in load.columns}
    return CleanCsv(
        path=Path(os.devnull),
        header=tuple(headings.get(column.name, column.name) for column in facts.columns),
        format="",
        encoding=load.read_as.get("encoding", ""),
        sheet=load.read_as.get("sheet", ""),
        separator=load.read_as.get("separator", ""),
        member=load.read_as.get("member", ""),
        rows=rows,
    )


def _columns(facts: TableFacts, dictionary: Dictionary | None) -> tuple[ColumnSpec, ...]:
    """Return the columns; what is written about a column of the live table now wins over what was written then."""
    now = {column.name: column.comment for column in dictionary.columns} if dictionary else {}
    return tuple(
        ColumnSpec(name=column.name, type=column.type, cast="{0}", comment=now.get(column.name) or column.comment)
        for column in facts.columns
    )


def _indexes_of_its_own(live: TableFacts, found: KeptTable) -> tuple[Index, ...]:
    """Return the indexes that the kept table had and that the live table lacks because it has not their columns."""
    names, columns = {index.name for index in live.indexes}, {name for name, _ in live.types}
    return tuple(
        index
        for index in found.indexes
        if index.automatic or (index.name not in names and not columns.issuperset(index.columns))
    )


def bring_back(plan: LoadPlan, log: Log) -> Staged:
    """Build the indexes of the kept table, which nobody reads yet.

    :raises UniqueKeyBroken: when its rows violate a unique key that the live table has got since.
    """
    assert plan.undo is not None
    table, started = plan.undo.name, time.monotonic()
    with connect.connect("datapusher_plus load", autocommit=True) as connection:
        # an earlier undo may have died while it built these
        raw.end_sessions_of_the_dead(connection, table)
        kept.strip(connection, table)
        staging.autovacuum(connection, table, on=True)
        reach("undo.stripped")
        live = load_table.old_table(connection, plan)
        planned = load_table.planned_indexes(live, plan)
        load_table.warn_of_lost_indexes(planned, log)
        load_table.build(connection, table, planned.build, plan, log)
        if live:
            staging.carry_constraints(connection, live, table, log.warning)
        planner.analyze(connection, table)
        reach("undo.indexed")
    load_table.tell_of_indexes(len(planned.build) + 1, started, log)
    return Staged(plan=plan, table=table, rows=plan.rows)
