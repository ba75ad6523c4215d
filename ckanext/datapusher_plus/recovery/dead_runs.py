"""The end of a run whose process is gone: undone, or brought to its end, and tried again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from .. import portal, settings
from ..checkpoint import reach, works_on
from ..core import outcome
from ..core.outcome import Outcome
from ..core.retries import Tries
from ..core.states import State
from ..core.values import Log, Published
from ..datastore import connect, journal
from ..datastore.lock import ResourceLock
from ..portal import app
from ..runs import queue, records
from ..runs.finish import finish
from ..runs.log import RunLog
from ..runs.records import RunRecord
from ..runs.transient import may_pass
from ..waits import WATCHER_WITHOUT_SERVERS, retry_until
from . import deleted_resource, late_publish
from .restore import restore

log = logging.getLogger(__name__)

#: Seconds to wait for a lock whose owner is just dying.
PATIENCE = 5.0
#: Whether somebody cancelled a flow run in Prefect. Recovery is called by those who can ask Prefect.
WasCancelled = Callable[[str | None], bool]


def after(run_id: str, code: int | None, *, was_cancelled: WasCancelled) -> None:
    """Look at a run whose process has ended; ``code`` is its exit status when it is known."""
    look = partial(_look_at, run_id, code, was_cancelled)
    try:
        retry_until(look, WATCHER_WITHOUT_SERVERS, errors=(Exception,), passes=may_pass)
    except Exception as error:
        if not may_pass(error):
            raise
        log.warning("the end of run %s is left to the sweep: %s", run_id, error)


def _look_at(run_id: str, code: int | None, was_cancelled: WasCancelled) -> None:
    found = records.get(run_id)
    if found is None:
        return
    if found.state is State.QUEUED and was_cancelled(found.flow_run_id):
        finish(run_id, State.CANCELLED, message="The request was cancelled in Prefect before it began.")
    elif found.state is State.QUEUED:
        queue.put_back(run_id)
    elif found.state is State.RUNNING:
        with app.context():
            bury(run_id, found.resource_id, code, was_cancelled=was_cancelled)


def bury(run_id: str, resource_id: str, code: int | None = None, *, was_cancelled: WasCancelled) -> str | None:
    """Undo, or bring to its end, a run whose owner is dead, and return its last sentence.

    None when it lives, or has ended by itself.
    """
    with ResourceLock(resource_id) as lock, RunLog(run_id) as told:
        dead = records.get(run_id) if lock.acquire(PATIENCE) else None
        # it may have ended, and let go of the lock, since it was listed
        if dead is None or dead.state is not State.RUNNING:
            return None
        works_on(resource_id)
        reach("bury.before")
        end = _conclude(dead, code, told, was_cancelled)
        reach("bury.after")
        return end.message if end else None


def _conclude(dead: RunRecord, code: int | None, told: Log, was_cancelled: WasCancelled) -> Outcome | None:
    def unless(end: Outcome) -> Outcome:
        return end if dead.dry_run else deleted_resource.unless_gone(dead.resource_id, told, end)

    def write(end: Outcome) -> bool:
        if end.state is State.ERROR:
            told.error(end.message)
        return finish(
            dead.id,
            end.state,
            message=end.message,
            error_kind=end.kind,
            error_about={"public": end.public},
            published=_published(dead, end),
            retry=end.retry,
            unpublished=end.unpublished,
            unless_gone=end.kind != deleted_resource.KIND,
        )

    return deleted_resource.concluded(_end(dead, code, told, was_cancelled), unless, write)


def _end(dead: RunRecord, code: int | None, told: Log, was_cancelled: WasCancelled) -> Outcome:
    # the table of a deleted resource is not made again from the stash, for it would be removed at once
    restored = restore(dead.resource_id, told, from_stash=not portal.is_gone(dead.resource_id))
    with connect.connect(autocommit=True) as connection:
        committed = journal.is_committed(connection, dead.id)
    if committed:
        how = outcome.how_it_died(code)
        told.warning(f"The new table is in place, but {how} before all was done. What is left is done now.")
        end = late_publish.make_up(dead, told)
        told.info(end.message)
        return end
    table = restored.what if restored else outcome.UNCHANGED
    if was_cancelled(dead.flow_run_id):
        # it was killed because it did not end in time
        return outcome.of_cancelled_death(table)
    tries = Tries(this=dead.tries, retries=settings.current().run_retries)
    return outcome.of_death(code, table, tries)


def _published(dead: RunRecord, end: Outcome) -> Published | None:
    if end.state in (State.ERROR, State.CANCELLED):
        return None
    made = Published(
        rows=dead.rows or 0,
        columns=tuple(tuple(column) for column in dead.columns or ()),
        file_hash=dead.file_hash or "",
        load_key=dead.load_key or "",
        warnings=end.warnings,
        rejected=(dead.rejected[0], dead.rejected[1]) if dead.rejected else None,
        read_as=dead.read_as or {},
        renamed=records.pairs(dead.renamed),
    )
    # what CKAN was not told of is not done: the same file must be loaded when somebody asks again
    return replace(made, load_key="") if end.kind and not end.unpublished else made
