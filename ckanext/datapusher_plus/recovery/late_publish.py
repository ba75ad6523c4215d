"""Publish a committed table whose run could not publish it: CKAN's metadata, the rejected rows, the stash."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from .. import portal, settings
from ..core import outcome, quarantine
from ..core.errors import RowsRefused, TableRemoved
from ..core.message import join, say
from ..core.outcome import Outcome
from ..core.quarantine import Rejected
from ..core.states import State
from ..core.values import Log
from ..datastore import catalog, connect, journal
from ..datastore.lock import ResourceLock
from ..runs import records, unpublished
from ..runs.claim import Claimed
from ..runs.log import RunLog
from ..runs.records import RunRecord
from ..runs.transient import may_pass
from ..waits import LATE_PUBLISH
from ..words import registry
from . import aliases
from .end_run import Ending, end_run
from .restore import show
from .settle import settle

log = logging.getLogger(__name__)

REPLACED = say("A newer load has replaced them since.")
NOT_REGISTERED = say(
    "The table's columns could not be added to the list of columns to describe now; that will be tried again."
)
NOT_KEPT = say(
    "The rejected rows could not be kept for download. Ask the site's administrator if CKAN's file storage is in "
    "order, then load again even if the file has not changed."
)


def guarded(sentence: str, act: Callable[[], object]) -> str | None:
    """Call another plugin's code; if it fails, log the error and return ``sentence``, else None."""
    try:
        act()
    except Exception:
        log.exception("%s", sentence)
        return sentence
    return None


def publish_late(run: RunRecord, run_log: Log) -> Outcome:
    """Publish the run's table, clear its stash, and return how the run ends."""
    rows = run.rows or 0
    kept = tuple(warning for warning in run.warnings or () if warning != run.message)
    try:
        check_table(run.resource_id, run.id)
        metadata = {"hash": run.file_hash or "", "rows": rows, "fields": run.fields or {}}
        published = publish_metadata(run.resource_id, run.id, metadata, run_log)
        warnings = (*kept, *_keep_left(run), *published)
        check_table(run.resource_id, run.id)
        settle(run.resource_id, run_log)
    except Exception as error:
        if not may_pass(error) and not isinstance(error, outcome.EXPECTED):
            log.exception("the table of run %s could not be published", run.id)
        return outcome.of_success(
            rows, error=error, warnings=kept, run_id=run.id, transient=may_pass(error), undo=run.undo
        )
    return outcome.of_success(rows, error=None, warnings=warnings, run_id=run.id, undo=run.undo)


def publish_metadata(
    resource_id: str,
    run_id: str,
    metadata: Mapping[str, Any],
    run_log: Log,
    *,
    publish: Callable[..., list[str]] = portal.publish,
) -> tuple[str, ...]:
    """Update CKAN's metadata of the table that a run put in place, and give the table the alias that the site wants.

    :param metadata: ``hash``, ``rows`` and ``fields``, as ``portal.publish`` takes them.
    :param publish: ``portal.publish``, or a Prefect task of it.
    :returns: a warning for each part that failed.
    """
    known = records.has_loaded_before(resource_id, besides=run_id)
    failed = publish(resource_id, **metadata, loaded_before=known, attempt=guarded)
    no_alias = guarded(aliases.FAILED, partial(aliases.give_alias, resource_id, run_log))
    no_columns = guarded(NOT_REGISTERED, partial(_register, resource_id, run_id))
    return (*failed, *filter(None, (no_alias, no_columns)))


def _register(resource_id: str, run_id: str) -> None:
    """Bring the registry of columns up to date; if that fails, a mark makes the sweep try again."""
    run = records.get(run_id)
    headings = {each[0]: each[-1] if len(each) > 2 else each[0] for each in (run and run.columns) or ()}
    try:
        registry.refresh(resource_id, run_id, headings)
    except Exception:
        registry.mark(resource_id)
        raise


def keep_rejected(resource_id: str, run_id: str, path: Path | None) -> tuple[str, ...]:
    """Store the rejected rows for download, and remove those of an earlier load.

    :returns: the warnings: one if that failed, else none.
    """
    failed = guarded(NOT_KEPT, partial(portal.keep_rejected, resource_id, run_id, path))
    return (failed,) if failed else ()


def keep_refused(claimed: Claimed, error: BaseException | None, run_log: Log) -> Rejected | None:
    """Store the rejected rows for which a file was refused, and return them; None if there are none or that failed."""
    rejected = error.rejected if isinstance(error, RowsRefused) else None
    if rejected is None:
        return None
    failed = guarded(NOT_KEPT, partial(_keep_beside, claimed, rejected.path))
    if failed:
        run_log.warning(failed)
        return None
    return rejected


def _keep_beside(claimed: Claimed, path: Path) -> None:
    loaded = records.last_loaded(claimed.resource_id)
    besides = [loaded.id] if loaded else []
    portal.keep_rejected(claimed.resource_id, claimed.run_id, path, besides=besides)


def _keep_left(run: RunRecord) -> tuple[str, ...]:
    """Store the rejected rows that a dead run left in its folder; without the file they are stored already."""
    left = settings.current().work_dir / run.id / quarantine.FILE
    if run.rejected and not left.exists():
        return ()
    return keep_rejected(run.resource_id, run.id, left if run.rejected else None)


def check_table(resource_id: str, run_id: str) -> None:
    """Check that the resource still has the run's table; if the journal has no row of the run, any table is accepted.

    :raises TableRemoved: when it has been deleted or replaced; ``datastore_active`` has been corrected then.
    """
    with connect.connect(autocommit=True) as connection:
        journal.prepare(connection)
        live = catalog.oid_of(connection, resource_id)
        known = journal.oid_of(connection, run_id)
    if live is None or known not in (None, live):
        show(resource_id)
        raise TableRemoved


def publish_due(resource_id: str | None, dry_run: bool) -> Iterator[str]:
    """Publish each due run; stop at the first that still fails. Yield a message for each that is done."""
    deadline = time.monotonic() + LATE_PUBLISH
    due = [run for run in unpublished.due() if resource_id in (None, run.resource_id)]
    for run in due:
        if dry_run:
            yield f"{run.resource_id}: CKAN's metadata of the table of run {run.id} would be updated."
            continue
        end = _publish_one(run)
        if end and not end.unpublished:
            yield f"{run.resource_id}: CKAN's metadata of the table of run {run.id} is up to date now. {end.message}"
        if (end and end.unpublished) or time.monotonic() > deadline:
            return


def _publish_one(listed: RunRecord) -> Outcome | None:
    """Publish one run and return its end; None when another process publishes it or has done so."""
    with ResourceLock(listed.resource_id) as lock:
        run = records.get(listed.id) if lock.acquire() else None
        if run is None or not run.unpublished:
            return None
        run_log = RunLog(run.id)
        end = _replaced_or_gone(run) or publish_late(run, run_log)
        if end.unpublished:
            unpublished.postpone(run.id)
            return end
        return end_run(Ending(run_id=run.id, resource_id=run.resource_id, log=run_log, late=True), end)


def _replaced_or_gone(run: RunRecord) -> Outcome | None:
    """Return the end of a run whose table need not be published any more, else None."""
    why = outcome.DELETED if portal.is_gone(run.resource_id) else REPLACED if unpublished.is_replaced(run) else ""
    return Outcome(state=State.COMPLETE, message=join((outcome.loaded(run.rows or 0), why))) if why else None
