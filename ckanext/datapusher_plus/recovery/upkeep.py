"""Check all resources, some at a time: remove tables of deleted resources, and correct ``datastore_active``."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from functools import partial

from .. import dictionary_stash, waits
from ..core.values import Log
from ..datastore import catalog, connect
from ..datastore.lock import ResourceLock
from ..runs import records
from .mismatches import Mismatch, Wrong, mismatches
from .remove_table import withdraw
from .restore import show

#: Resources that one sweep checks, so that a sweep of a large site takes no longer than that of a small one.
PAGE = 1000

_DONE = {
    Wrong.LEFT: "the resource is deleted, and so are its table and stash now.",
    Wrong.STRANGE: "CKAN does not know this resource, and its table is deleted now.",
    Wrong.HIDDEN: "its table was hidden, because the resource had lost its field datastore_active; it is shown again.",
    Wrong.MISSING: "it has no table, and its field datastore_active says so now.",
}
_WOULD = {
    Wrong.LEFT: "the resource is deleted; its table and stash would be deleted too.",
    Wrong.STRANGE: "CKAN does not know this resource; its table would be deleted.",
    Wrong.HIDDEN: "its table is hidden, because the resource has lost its field datastore_active; it would be set.",
    Wrong.MISSING: "it has no table; its field datastore_active would be cleared.",
}


class Rounds:
    """Remembers where the last sweep stopped."""

    def __init__(self) -> None:
        self._source, self._after = 0, ""

    def some(self) -> Iterator[Mismatch]:
        """Check the next resources; all of them where there are few."""
        looked = 0
        for _ in SOURCES:
            page = self._next()
            yield from found(page)
            looked += len(page)
            if looked >= PAGE:
                return

    def _next(self) -> Sequence[str]:
        page = SOURCES[self._source](self._after)
        if len(page) < PAGE:
            self._source, self._after = (self._source + 1) % len(SOURCES), ""
        else:
            self._after = page[-1]
        return page


def _tables(after: str) -> Sequence[str]:
    with connect.connect() as connection:
        return catalog.tables_of_resources(connection, after=after, limit=PAGE)


def _resources(after: str) -> Sequence[str]:
    return records.resources(after=after, limit=PAGE)


def _stashes(after: str) -> Sequence[str]:
    try:
        return [each for each in dictionary_stash.pending() if each > after][:PAGE]
    except OSError:
        # the check of the stash reports what is wrong with the folder
        return []


SOURCES = (_tables, _resources, _stashes)


def found(resource_ids: Sequence[str]) -> list[Mismatch]:
    """Return the mismatches of some resources."""
    return mismatches(resource_ids, records.settled(resource_ids)) if resource_ids else []


def every(seconds: float = math.inf) -> Iterator[Mismatch]:
    """Check all resources; no page is begun after ``seconds``."""
    deadline = time.monotonic() + seconds
    for source in SOURCES:
        after: str | None = ""
        while after is not None and time.monotonic() < deadline:
            page = source(after)
            yield from found(page)
            after = page[-1] if len(page) == PAGE else None


def mend(wrong: Sequence[Mismatch], log: Log, *, dry_run: bool) -> Iterator[tuple[str, partial[str | None]]]:
    """Yield each resource with the work that repairs it.

    The work returns a message, None when a run holds the resource or nothing is wrong any more.
    """
    if not dry_run and any(each.wrong is Wrong.LEFT for each in wrong):
        # CKAN itself may be about to drop the table of a deletion that it has just committed
        time.sleep(waits.CKAN_DROPS_TABLE)
    for each in wrong:
        yield each.resource_id, partial(_mend, each, log, dry_run)


def _mend(seen: Mismatch, log: Log, dry_run: bool) -> str | None:
    if dry_run:
        return f"{seen.resource_id}: {_WOULD[seen.wrong]}"
    with ResourceLock(seen.resource_id) as lock:
        if not lock.acquire() or seen not in found([seen.resource_id]):
            return None
        if seen.wrong in (Wrong.LEFT, Wrong.STRANGE):
            withdraw(seen.resource_id, log, grace=0)
        else:
            show(seen.resource_id)
    return f"{seen.resource_id}: {_DONE[seen.wrong]}"
