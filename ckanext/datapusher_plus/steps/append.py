"""Prepare the rows that were added to a file in a table beside the live one; the commit adds them."""

from __future__ import annotations

import time
from functools import partial

from ..checkpoint import reach
from ..core import table_names
from ..core.errors import TableTouched
from ..core.values import LoadPlan, Log, Swapped
from ..datastore import cast_errors, connect, fill, raw
from . import load_table


def append(plan: LoadPlan, log: Log) -> Swapped:
    """Copy the end of the file and cast it into a table beside the live one, which no reader uses.

    :raises TableTouched: when the live table has changed since the plan was made.
    """
    with connect.connect("datapusher_plus load", autocommit=True) as connection:
        source = load_table.copy(connection, plan, log)
        text = load_table.full_text(connection, plan.resource_id, plan, log)
        if text is None:
            raise TableTouched
        started = time.monotonic()
        beside = table_names.beside(plan.resource_id, plan.run_id)
        fill.make_beside(connection, beside, plan.resource_id)
        with cast_errors.explained(connection, source, beside, plan.columns, plan.rows):
            fill.fill(
                connection,
                fill.Filling(
                    table=beside,
                    source=source,
                    columns=plan.columns,
                    connections=load_table.connections(plan),
                    text=text,
                    progress=lambda done, total: log.progress("fill", done, total),
                    shortened=partial(load_table.warn_of_shortened_texts, log),
                ),
            )
        raw.drop(connection, source)
        load_table.tell_of_values(started, log)
    reach("append.prepared")
    return Swapped(plan=plan, parked=None, rows=plan.rows)
