"""Repair what dead runs left: when a worker starts, at intervals, and on the command ``recover``."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

from .. import settings, waits
from ..datastore.lock import is_free
from ..portal import app
from ..runs import records
from ..runs.records import Running
from ..runs.transient import is_away
from ..statistics.make import FOLDER
from ..words import registry
from . import kept_tables, late_publish, orphans, statistics, thumbnails, upkeep
from .dead_runs import WasCancelled, recover_run
from .mismatches import Wrong

log = logging.getLogger(__name__)


class OperatorsLog:
    """Implements ``core.log.Log`` where there is no run; the lines go to the worker's log."""

    def debug(self, message: str) -> None:
        log.debug(message)

    def info(self, message: str) -> None:
        log.info(message)

    def warning(self, message: str) -> None:
        log.warning(message)

    def error(self, message: str) -> None:
        log.error(message)

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """Do nothing: progress is shown to nobody here."""


def sweep(
    resource_id: str | None = None,
    *,
    was_cancelled: WasCancelled,
    dry_run: bool = False,
    besides: Collection[str] = (),
    rounds: upkeep.Rounds | None = None,
) -> list[str]:
    """Repair what dead runs left, of one resource or of all, and return a message for each repair.

    :param was_cancelled: asks Prefect whether somebody cancelled a flow run.
    :param dry_run: only return what would be done.
    :param besides: runs to leave out, because a worker watches them and sees how they end.
    :param rounds: compare only the next resources with their tables, not all.
    """
    with app.context():
        return [
            *_runs(resource_id, dry_run, besides, was_cancelled),
            *_tables(resource_id, dry_run),
            *late_publish.publish_due(resource_id, dry_run),
            *kept_tables.tidy(resource_id, dry_run),
            *_mismatches(resource_id, dry_run, rounds),
            *statistics.catch_up(dry_run),
            *_columns(dry_run),
            *thumbnails.tidy(dry_run),
            *_folders(dry_run),
        ]


def unprotected(watched: Collection[str]) -> frozenset[str]:
    """Return the watched runs that still run although they have lost their resource's lock."""
    return frozenset(run.run_id for run in records.running() if run.run_id in watched and is_free(run.resource_id))


def _runs(
    resource_id: str | None, dry_run: bool, besides: Collection[str], was_cancelled: WasCancelled
) -> Iterator[str]:
    """Recover the runs in state ``running`` whose resource's lock is free."""
    for run in records.running():
        if run.run_id in besides or resource_id not in (None, run.resource_id) or not is_free(run.resource_id):
            continue
        if dry_run:
            yield f"{run.resource_id}: the worker of run {run.run_id} is gone; it would be rolled back or completed."
        elif done := _tolerated(run.resource_id, lambda run=run: _recovered(run, was_cancelled)):
            yield done


def _recovered(run: Running, was_cancelled: WasCancelled) -> str | None:
    sentence = recover_run(run.run_id, run.resource_id, was_cancelled=was_cancelled)
    return sentence and f"{run.resource_id}: {sentence}"


def _tables(resource_id: str | None, dry_run: bool) -> Iterator[str]:
    """Restore resources that have leftovers of a run although none is running."""
    found = orphans.orphans()
    if resource_id is not None:
        found = [resource_id] if resource_id in (*found, *orphans.lost()) else []
    for orphan in found:
        if dry_run:
            yield f"{orphan}: a run has left something in the datastore; that would be repaired."
        elif done := _tolerated(orphan, lambda orphan=orphan: orphans.sweep(orphan, OperatorsLog())):
            yield done


def _mismatches(resource_id: str | None, dry_run: bool, rounds: upkeep.Rounds | None) -> Iterator[str]:
    """Remove tables of deleted resources and correct ``datastore_active``.

    A table whose resource CKAN does not know, and that no run of this plugin loaded, is removed only if ``resource_id``
    names it.
    """
    if resource_id is not None:
        wrong = upkeep.found([resource_id])
    else:
        all_found = rounds.some() if rounds else upkeep.every()
        wrong = [each for each in all_found if each.wrong is not Wrong.STRANGE]
    for each, work in upkeep.mend(wrong, OperatorsLog(), dry_run=dry_run):
        if done := _tolerated(each, work):
            yield done


def _columns(dry_run: bool) -> Iterator[str]:
    """Register the columns of tables after whose edit that was not done."""
    for resource_id, marks in registry.marked().items():
        if dry_run:
            yield f"{resource_id}: its table was edited; the list of columns to describe would be brought up to date."
        elif done := _tolerated(resource_id, partial(_registered, resource_id, marks)):
            yield done


def _registered(resource_id: str, marks: list[int]) -> str:
    registry.refresh(resource_id, marks=marks)
    return f"{resource_id}: its table was edited; the list of columns to describe is up to date now."


def _tolerated(resource_id: str, work: Callable[[], str | None]) -> str | None:
    """Do the work; log an error, so that one resource that cannot be repaired now does not keep others from it."""
    try:
        return work()
    except Exception as error:
        if is_away(error):
            raise
        log.exception("resource %s could not be repaired now; that will be tried again", resource_id)
        return None


def _folders(dry_run: bool) -> Iterator[str]:
    """Remove the work folders of runs that have ended."""
    work_dir = settings.current().work_dir
    for folder in sorted(work_dir.iterdir()) if work_dir.is_dir() else ():
        if _is_left_over(folder):
            if not dry_run:
                shutil.rmtree(folder, ignore_errors=True)
            what = (
                "A folder of statistics" if folder.name.startswith(FOLDER) else f"The work folder of run {folder.name}"
            )
            yield f"{what} was left over{'' if dry_run else ' and is removed'}."


def _is_left_over(folder: Path) -> bool:
    if folder.name.startswith(FOLDER):
        return time.time() - folder.stat().st_mtime > waits.ASKED_STATISTICS
    # other files there are not ours; a run that is still running may be another host's, on shared storage
    run = records.get(folder.name)
    return run is not None and run.finished_at is not None and not run.unpublished
