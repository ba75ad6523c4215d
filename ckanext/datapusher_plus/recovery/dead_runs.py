"""Recover runs whose process died: roll back or complete the run, then queue a retry."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from .. import portal, settings
from ..checkpoint import reach, works_on
from ..core import outcome
from ..core.message import say
from ..core.outcome import Outcome
from ..core.personal_data.findings import from_json
from ..core.retries import Tries
from ..core.states import GOOD, State
from ..core.stop_reason import Reason
from ..core.values import Log, Published
from ..datastore import connect, journal
from ..datastore.lock import ResourceLock
from ..portal import app
from ..runs import queue, records
from ..runs.finish import finish
from ..runs.log import RunLog
from ..runs.records import RunRecord
from ..runs.transient import may_pass
from ..waits import DEAD_RUNS_LOCK, WATCHER_WITHOUT_SERVERS, retry_until
from . import late_publish
from .end_run import Ending, end_run
from .restore import restore

log = logging.getLogger(__name__)

#: Returns whether somebody cancelled a flow run in Prefect. The caller provides it: this package does not use Prefect.
WasCancelled = Callable[[str | None], bool]


def recover_after_death(run_id: str, code: int | None, *, was_cancelled: WasCancelled) -> None:
    """Recover a run whose process has ended without writing its end; retry while servers are away.

    :param code: exit status of the process, None when it is not known.
    """
    recover = partial(_recover, run_id, code, was_cancelled)
    try:
        retry_until(recover, WATCHER_WITHOUT_SERVERS, errors=(Exception,), passes=may_pass)
    except Exception as error:
        if not may_pass(error):
            raise
        log.warning("the end of run %s is left to the sweep: %s", run_id, error)


def _recover(run_id: str, code: int | None, was_cancelled: WasCancelled) -> None:
    found = records.get(run_id)
    if found is None:
        return
    if found.state is State.QUEUED and was_cancelled(found.flow_run_id):
        finish(run_id, State.CANCELLED, message=say("The request was cancelled in Prefect before it began."))
    elif found.state is State.QUEUED:
        queue.put_back(run_id)
    elif found.state is State.RUNNING:
        with app.context():
            recover_run(run_id, found.resource_id, code, was_cancelled=was_cancelled)


def recover_run(run_id: str, resource_id: str, code: int | None = None, *, was_cancelled: WasCancelled) -> str | None:
    """Roll back or complete a run whose process died, and return the message that it ends with.

    :return: None when the process is alive or the run has already ended.
    """
    with ResourceLock(resource_id) as lock:
        dead = records.get(run_id) if lock.acquire(DEAD_RUNS_LOCK) else None
        # it may have ended, and released the lock, since it was listed
        if dead is None or dead.state is not State.RUNNING:
            return None
        works_on(resource_id)
        reach("recover.before")
        run_log = RunLog(run_id)
        end = _repair(dead, code, run_log, was_cancelled)
        ending = Ending(
            run_id=run_id,
            resource_id=resource_id,
            log=run_log,
            dry_run=dead.dry_run,
            published=_published(dead, end.warnings) if end.state in GOOD else None,
        )
        end = end_run(ending, end)
        reach("recover.after")
        return end.message if end else None


def _repair(dead: RunRecord, code: int | None, run_log: Log, was_cancelled: WasCancelled) -> Outcome:
    # do not recreate the table of a deleted resource from the stash: it would be removed at once
    restored = restore(dead.resource_id, run_log, from_stash=not portal.is_gone(dead.resource_id))
    with connect.connect(autocommit=True) as connection:
        committed = journal.is_committed(connection, dead.id)
    if committed:
        how = outcome.how_it_died(code)
        run_log.warning(
            say("The new table is in place, but {how} before all was done. What is left is done now.", how=how)
        )
        return late_publish.publish_late(dead, run_log)
    table = restored.what if restored else outcome.UNCHANGED
    if dead.cancel_asked_at:
        return outcome.of_cancelled_death(table, Reason.ASKED)
    if was_cancelled(dead.flow_run_id):
        # the worker killed it because it did not stop in time
        return outcome.of_cancelled_death(table)
    tries = Tries(this=dead.tries, retries=settings.current().run_retries)
    return outcome.of_death(code, table, tries)


def _published(dead: RunRecord, warnings: tuple[str, ...]) -> Published:
    """Return what the run recorded before its commit, with the warnings of its end."""
    return Published(
        rows=dead.rows or 0,
        columns=tuple(tuple(column) for column in dead.columns or ()),
        file_hash=dead.file_hash or "",
        load_key=dead.load_key or "",
        undone_key=dead.undone_key or "",
        warnings=warnings,
        rejected=(dead.rejected[0], dead.rejected[1]) if dead.rejected else None,
        read_as=dead.read_as or {},
        renamed=records.pairs(dead.renamed),
        found=from_json(dead.personal or ()),
    )
