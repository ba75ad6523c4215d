"""A file that goes on where the last one ended is not loaded whole: the table that is there holds its beginning."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from ..core.growth import Held, may_go_on
from ..core.values import LoadPlan, Log, Tail, Ticket
from ..datastore import catalog, connect, fulltext, growing, journal
from ..datastore.connect import Connection
from . import loading


def grow(ticket: Ticket, plan: LoadPlan, log: Log) -> LoadPlan:
    """Find out whether the live table holds the beginning of the file, so that only the rest has to be added.

    Nothing is taken for granted: the first bytes must be the very ones that were loaded, read in the same way, nobody
    may have changed a row since, and nothing may hang on the table that minds how rows come into it.
    """
    size = plan.csv.path.stat().st_size
    with connect.connect() as connection:
        last = None if ticket.ignore_hash else journal.last(connection, plan.resource_id)
    if last and not may_go_on(plan, size, last.held):
        last = None
    beginning, whole = _digests(plan.csv.path, last.held.size if last else 0)
    plan = replace(plan, digest=whole)
    if last is None or beginning != last.held.digest:
        return plan
    tail = Tail(start=last.held.size, after=last.held.rows, table=last.table, transaction=last.transaction)
    with connect.connect() as connection:
        if not _suits(connection, plan, tail):
            return plan
    added = plan.rows - tail.after
    log.info(f"The file goes on where the last one ended: {added:,} rows are added to {tail.after:,} in the table.")
    return replace(plan, tail=tail)


def held(connection: Connection, plan: LoadPlan) -> Held | None:
    """Return what the table holds that a plan has put in place, None when no later file may go on from there."""
    found = Held.of(plan, plan.csv.path.stat().st_size)
    live = catalog.describe(connection, plan.resource_id) if found else None
    # triggers may have made other rows of the file's
    return found if live and not live.triggers else None


def _digests(path: Path, beginning: int) -> tuple[str | None, str]:
    """Return the digests of the file's first bytes, None unless these are whole lines, and of all of it."""
    digest, before = hashlib.sha256(), None
    with path.open("rb") as file:
        if beginning:
            last = b""
            while beginning and (piece := file.read(min(beginning, 1 << 20))):
                digest.update(piece)
                beginning, last = beginning - len(piece), piece[-1:]
            before = digest.hexdigest() if last == b"\n" else None
        while piece := file.read(1 << 20):
            digest.update(piece)
    return before, digest.hexdigest()


def _suits(connection: Connection, plan: LoadPlan, tail: Tail) -> bool:
    """Tell whether the live table is one that rows can be added to as if it had been made anew with them."""
    live = catalog.describe(connection, plan.resource_id)
    if live is None or live.triggers or live.constraints or any(index.unique for index in live.indexes):
        return False
    columns = [(column.name, column.type) for column in plan.columns]
    wanted = {index.name for index in loading.planned_indexes(live, plan).build}
    return (
        [(column.name, column.type) for column in live.columns] == columns
        and wanted <= {index.name for index in live.indexes}
        and fulltext.is_known(connection)
        and growing.is_as_left(connection, plan.resource_id, tail)
    )
