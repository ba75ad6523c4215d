"""Shared by all load strategies: the raw text table, and the empty new table with what depends on the old one."""

from __future__ import annotations

import time
from functools import partial

from .. import settings
from ..checkpoint import reach
from ..core import index_plan, table_names
from ..core.errors import RowsLost
from ..core.index_plan import Index, IndexPlan
from ..core.message import say, say_n
from ..core.values import FullText, LoadPlan, Log
from ..datastore import catalog, fulltext, indexes, parallel, raw, stage, table_facts
from ..datastore.connect import Connection
from ..datastore.table_facts import TableFacts

#: Bytes of a file up to which one connection is faster than opening a second one.
_SMALL = 1 << 19
#: Bytes of a file above which an index takes so long that it is built while rows are still being loaded.
_LARGE = 1 << 22


def copy(connection: Connection, plan: LoadPlan, log: Log) -> str:
    """Copy the file, or the part of it to append, into a raw table and return the raw table's name."""
    table = table_names.raw(plan.resource_id, plan.run_id)
    columns = [column.name for column in plan.columns]
    start, after = (plan.append_range.start, plan.append_range.after) if plan.append_range else (0, 0)
    size = plan.csv.path.stat().st_size - start
    started = time.monotonic()
    with connection.transaction():
        raw.create(connection, table, columns, after=after)
        reach("copy.created")
        raw.copy(connection, table, columns, plan.csv.path, lambda sent: log.progress("copy", sent, size), start=start)
        reach("copy.sent")
    log.info(
        say_n(
            "{n} row copied into the database in {seconds} s.",
            "{n} rows copied into the database in {seconds} s.",
            plan.rows - after,
            seconds=_since(started),
        )
    )
    reach("stage.copied")
    return table


def old_table(connection: Connection, plan: LoadPlan) -> TableFacts | None:
    """Return the facts of the table to replace: the live one, else the one that the plan's dictionary describes."""
    return catalog.describe(connection, plan.resource_id) or kept_table(plan)


def kept_table(plan: LoadPlan) -> TableFacts | None:
    """Return the table facts that the plan's kept dictionary holds."""
    return table_facts.of_dictionary(plan.resource_id, plan.kept) if plan.kept else None


def new_table(connection: Connection, plan: LoadPlan, old: TableFacts | None, log: Log) -> str:
    """Create the empty staged table with the old one's triggers, and return its name."""
    table = table_names.staged(plan.resource_id, plan.run_id)
    stage.make(table, plan.columns)
    reach("stage.made")
    if old:
        stage.carry_triggers(connection, old, table, log.warning)
    return table


def counted(connection: Connection, table: str, plan: LoadPlan, log: Log) -> int:
    """Count the rows of the filled table, and set its sequence so that later rows are numbered after them.

    :raises RowsLost: when rows are missing and the table has no trigger that may have rejected them.
    """
    rows = catalog.rows_of(connection, table)
    made = catalog.describe(connection, table)
    if rows != plan.rows and not (made and made.triggers):
        raise RowsLost(plan.rows, rows)
    if rows != plan.rows:
        log.warning(say("The table's triggers let {rows} of the file's {all} rows through.", rows=rows, all=plan.rows))
    stage.number_on(connection, table, plan.rows)
    reach("stage.counted")
    return rows


def full_text(connection: Connection, table: str, plan: LoadPlan, log: Log) -> stage.Text | None:
    """Return the expression for the staged table's ``_full_text``, None to leave it to the table's trigger."""
    made = catalog.describe(connection, table)
    if made is None:
        return None
    if not made.triggers and fulltext.is_known(connection):
        columns = [(column.name, column.type) for column in made.columns]
        return partial(fulltext.expression, columns, plan.full_text, iso=fulltext.writes_iso(connection))
    if plan.full_text is not FullText.ALL:
        own = say("the table has triggers of its own")
        whose = own if made.triggers else say("the site has a function of its own for it")
        log.warning(
            say(
                "full_text = {value} cannot be followed: {whose}, so the database writes the text.",
                value=plan.full_text.value,
                whose=whose,
            )
        )
    return None


def planned_indexes(old: TableFacts | None, plan: LoadPlan) -> IndexPlan:
    """Decide the indexes of the new table."""
    named = [(column.name, column.type) for column in plan.columns]
    return index_plan.plan(
        plan.resource_id, named, indexes.text_search(), old.indexes if old else (), plan.automatic_indexes
    )


def warn_of_lost_indexes(planned: IndexPlan, log: Log) -> None:
    """Warn of indexes whose columns are no longer in the file."""
    for index in planned.lost:
        kind = say("unique key") if index.unique else say("index")
        log.warning(
            say(
                "The {kind} on {columns} was left out: the file has no such column any more.",
                kind=kind,
                columns=", ".join(index.columns),
            )
        )


def warn_of_shortened_texts(log: Log, letters: int) -> None:
    """Warn of rows that a search does not find by all of their words."""
    log.warning(
        say(
            "Some rows have more different words than PostgreSQL can search (1 MB of them). Their values are "
            "in the table as published; a search finds these rows by their first {letters} letters. Publish "
            "such texts in several rows to find all of them.",
            letters=letters,
        )
    )


def tell_of_values(started: float, log: Log) -> None:
    """Log how long it took to fill the table."""
    log.info(say("Values cast and searchable text made in {seconds} s.", seconds=_since(started)))


def tell_of_indexes(number: int, started: float, log: Log) -> None:
    """Log how long it took to build the indexes."""
    log.info(
        say_n("{n} index built in {seconds} s.", "{n} indexes built in {seconds} s.", number, seconds=_since(started))
    )


def _since(started: float) -> float:
    """Return the seconds since then as they are shown: 12.3, or 0.12 below one second."""
    seconds = time.monotonic() - started
    return round(seconds, 1 if seconds >= 1 else 2)


def unbuilt(connection: Connection, table: str, wanted: tuple[Index, ...]) -> tuple[Index, ...]:
    """Return those of the wanted indexes that the staged table does not have."""
    made = catalog.describe(connection, table)
    there = {index.name for index in made.indexes} if made else set()
    return tuple(index for index in wanted if table_names.index(table, index.name) not in there)


def connections(plan: LoadPlan) -> int:
    """Return how many connections work on the staged table at once."""
    return settings.current().parallelism if plan.undo or plan.csv.path.stat().st_size > _SMALL else 1


def early_index(
    connection: Connection, table: str, planned: IndexPlan, plan: LoadPlan, log: Log
) -> parallel.Work | None:
    """Return the work that builds one index before the staged table is full, None when no index is worth it."""
    worth = plan.csv.path.stat().st_size > _LARGE and connections(plan) > 1 and plan.full_text is not FullText.NONE
    dear = [index for index in planned.build if index.takes_one_core]
    return indexes.early(connection, table, dear[0], log.warning) if worth and dear else None


def build(connection: Connection, table: str, wanted: tuple[Index, ...], plan: LoadPlan, log: Log) -> None:
    """Build the staged table's primary key and indexes."""
    steps = iter(range(1, len(wanted) + 2))
    log.progress("index", 0, len(wanted) + 1)
    indexes.build(
        connection,
        table,
        wanted,
        connections=connections(plan),
        warn=log.warning,
        done=lambda: log.progress("index", next(steps), len(wanted) + 1),
    )
