"""Detect a file that continues the one loaded last: only its new rows have to be added to the live table."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from ..core.append import SMALL, AppendRange, LoadedPrefix, can_append
from ..core.message import say_n
from ..core.values import LoadPlan, Log, Source, Ticket
from ..datastore import append, catalog, connect, fulltext, journal
from ..datastore.connect import Connection
from ..settings import current
from . import load_table

#: Bytes read at a time.
_PIECE = 1 << 20


def grow(ticket: Ticket, source: Source, plan: LoadPlan, log: Log) -> LoadPlan:
    """Find out whether the live table holds the beginning of the file, so that only the rest has to be added.

    All of this must hold: the first bytes are exactly those that were loaded, and they are read in the same way; no row
    has been changed since; the table has no triggers, constraints or unique indexes.
    """
    path, size = plan.csv.path, plan.csv.path.stat().st_size
    if size < SMALL or ticket.options.dedup or ticket.options.preview_rows:
        # without a digest, no later file is taken for a continuation either
        return plan
    # most often the clean CSV is the source file itself, whose digest is known
    plan = replace(plan, digest=_named(source.hash) if path == source.path else _digest(path, size))
    last = None if ticket.ignore_hash else _last(plan, size)
    if last is None or not _ends_a_line(path, last.held.size) or _digest(path, last.held.size) != last.held.digest:
        return plan
    tail = AppendRange(start=last.held.size, after=last.held.rows, table=last.table, transaction=last.transaction)
    with connect.connect() as connection:
        if not _suits(connection, plan, tail):
            return plan
    added = plan.rows - tail.after
    log.info(
        say_n(
            "The file continues the one that was loaded last: {n} row is added to {before} in the table.",
            "The file continues the one that was loaded last: {n} rows are added to {before} in the table.",
            added,
            before=tail.after,
        )
    )
    return replace(plan, append_range=tail)


def held(connection: Connection, plan: LoadPlan) -> LoadedPrefix | None:
    """Return what the table holds after the plan was carried out, None when no later file can be appended to it."""
    found = LoadedPrefix.of(plan, plan.csv.path.stat().st_size)
    live = catalog.describe(connection, plan.resource_id) if found else None
    # triggers may have changed the file's rows
    return found if live and not live.triggers else None


def _last(plan: LoadPlan, size: int) -> journal.Last | None:
    """Return what the last load left, None when the plan's file cannot be a continuation of it."""
    with connect.connect() as connection:
        last = journal.last(connection, plan.resource_id)
    return last if last and can_append(plan, size, last.held) else None


def _digest(path: Path, size: int) -> str:
    """Return the digest of the file's first ``size`` bytes."""
    digest = hashlib.new(current().file_hash_algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while size and (piece := file.read(min(size, _PIECE))):
            digest.update(piece)
            size -= len(piece)
    return _named(digest.hexdigest())


def _named(digest: str) -> str:
    return f"{current().file_hash_algorithm}:{digest}"


def _ends_a_line(path: Path, size: int) -> bool:
    """Return whether the file's first ``size`` bytes are whole lines."""
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) == b"\n"


def _suits(connection: Connection, plan: LoadPlan, tail: AppendRange) -> bool:
    """Return whether adding rows to the live table gives the same table as loading the whole file."""
    live = catalog.describe(connection, plan.resource_id)
    if live is None or live.triggers or live.constraints or any(index.unique for index in live.indexes):
        return False
    columns = [(column.name, column.type) for column in plan.columns]
    # which automatic indexes were asked for is part of the digest that was compared
    wanted = {index.name for index in load_table.planned_indexes(live, plan).build if not index.automatic}
    return (
        [(column.name, column.type) for column in live.columns] == columns
        and wanted <= {index.name for index in live.indexes}
        and fulltext.is_known(connection)
        and append.is_as_left(connection, plan.resource_id, tail)
    )
