"""Heals what dead runs left behind: at a worker's start, every so often, and by hand (``recover``)."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from .. import portal, settings
from ..checkpoint import reach, works_on
from ..core.states import State
from ..datastore import connect, journal
from ..datastore.lock import ResourceLock, is_free
from ..runs import history, reap
from ..runs.finish import finish
from ..runs.log import RunLog
from ..steps import orphans
from ..steps.restore import Restored, restore
from . import site

log = logging.getLogger(__name__)

#: Seconds to wait for a lock whose owner is just dying.
PATIENCE = 5.0

AGAIN = "Load again from the DataStore tab"


class OperatorsLog:
    """Implements ``core.values.Log`` where there is no run to tell about."""

    def debug(self, message: str) -> None:
        log.debug(message)

    def info(self, message: str) -> None:
        log.info(message)

    def warning(self, message: str) -> None:
        log.warning(message)

    def error(self, message: str) -> None:
        log.error(message)

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """Show nothing: nobody watches."""


def sweep(resource_id: str | None = None, *, dry_run: bool = False, besides: Collection[str] = ()) -> list[str]:
    """Put right whatever dead runs left, of one resource or of all, and return a sentence for each thing done.

    Runs in ``besides`` are left to the worker that watches them and knows how they ended.
    """
    with site.context():
        return [*_runs(resource_id, dry_run, besides), *_tables(resource_id, dry_run), *_folders(dry_run)]


def after(run_id: str, code: int | None) -> None:
    """Look at a run whose process has ended; ``code`` is its exit status when it is known."""
    found = history.get(run_id)
    if found is not None and found.state is State.RUNNING:
        with site.context():
            bury(run_id, found.resource_id, code)


def bury(run_id: str, resource_id: str, code: int | None = None) -> bool:
    """Undo and finish a run whose owner is dead; False when it lives, or has ended by itself."""
    with ResourceLock(resource_id) as lock, RunLog(run_id) as told:
        if not lock.acquire(PATIENCE) or not _is_running(run_id):
            return False
        works_on(resource_id)
        reach("bury.before")
        restored = restore(resource_id, told)
        state, message = _end(run_id, resource_id, code, restored)
        told.error(message)
        ended = finish(run_id, state, message=message, error_kind="Interrupted")
        reach("bury.after")
        return ended


def _is_running(run_id: str) -> bool:
    # the run may have ended, and let go of the lock, since it was listed
    found = history.get(run_id)
    return found is not None and found.state is State.RUNNING


def _end(run_id: str, resource_id: str, code: int | None, restored: Restored | None) -> tuple[State, str]:
    with connect.connect(autocommit=True) as connection:
        committed = journal.is_committed(connection, run_id)
    if not committed:
        table = restored.what if restored else "The table is as it was before."
        return State.ERROR, f"Loading was interrupted because {_how(code)}. {table} {AGAIN}."
    # a table that nobody is told of would look like none
    portal.mark_active(resource_id, True)
    return State.WARNED, (
        f"The new table is in place, but {_how(code)} before the resource's details were updated. Nothing is lost. "
        f"{AGAIN} to update them."
    )


def _how(code: int | None) -> str:
    return {
        None: "its worker died or the machine went down",
        -9: "its process was killed, most often because the machine ran out of memory",
    }.get(code, f"its process ended unexpectedly (status {code})")


def _runs(resource_id: str | None, dry_run: bool, besides: Collection[str]) -> Iterator[str]:
    """Bury the runs that call themselves running while nobody holds their resource's lock."""
    for run in reap.running():
        if run.run_id in besides or resource_id not in (None, run.resource_id) or not is_free(run.resource_id):
            continue
        if dry_run or bury(run.run_id, run.resource_id):
            yield f"{run.resource_id}: run {run.run_id} was interrupted and is ended."


def _tables(resource_id: str | None, dry_run: bool) -> Iterator[str]:
    """Restore resources that something is left of, though no run of theirs is going on."""
    found = orphans.orphans()
    if resource_id is not None:
        found = [resource_id] if resource_id in (*found, *orphans.lost()) else []
    for orphan in found:
        if dry_run:
            yield f"{orphan}: something is left to put right in the datastore."
        elif done := orphans.sweep(orphan, OperatorsLog()):
            yield done


def _folders(dry_run: bool) -> Iterator[str]:
    """Remove the folders of runs that have ended."""
    work_dir = settings.current().work_dir
    for folder in sorted(work_dir.iterdir()) if work_dir.is_dir() else ():
        if _is_left_over(folder):
            if not dry_run:
                shutil.rmtree(folder, ignore_errors=True)
            yield f"The work folder of run {folder.name} was left over."


def _is_left_over(folder: Path) -> bool:
    # whatever else lies there is not ours; a run still running may be another host's, on shared storage
    run = history.get(folder.name)
    return run is not None and run.finished_at is not None
