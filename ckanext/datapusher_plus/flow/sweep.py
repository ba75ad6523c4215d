"""Heals what dead runs left behind: at a worker's start, every so often, and by hand (``recover``)."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

from .. import settings
from ..core.states import State
from ..datastore.lock import ResourceLock, is_free
from ..runs import history, reap
from ..runs.finish import finish
from ..runs.log import RunLog
from ..steps.restore import restore

log = logging.getLogger(__name__)

#: Seconds to wait for a lock whose owner is just dying.
PATIENCE = 5.0


def sweep(resource_id: str | None = None, *, dry_run: bool = False) -> list[str]:
    """Put right whatever dead runs left, of one resource or of all, and return a sentence for each thing done."""
    return [*_runs(resource_id, dry_run), *_tables(resource_id, dry_run), *_folders(dry_run)]


def after(run_id: str, code: int | None) -> None:
    """Look at a run whose process has ended; ``code`` is its exit status when it is known."""
    found = history.get(run_id)
    if found is not None:
        bury(run_id, found.resource_id, code)


def bury(run_id: str, resource_id: str, code: int | None = None) -> bool:
    """Undo and finish a run whose owner is dead; False when somebody still holds the resource's lock."""
    with ResourceLock(resource_id) as lock, RunLog(run_id) as told:
        if not lock.acquire(PATIENCE) or not _is_running(run_id):
            return False
        restore(resource_id, told)
        message = sentence(code)
        told.error(message)
        return finish(run_id, State.ERROR, message=message, error_kind="Interrupted")


def _is_running(run_id: str) -> bool:
    # the run may have ended, and let go of the lock, since it was listed
    found = history.get(run_id)
    return found is not None and found.state is State.RUNNING


def sentence(code: int | None) -> str:
    """Say how a run ended whose process died without a word; ``code`` is its exit status when it is known."""
    how = {
        None: "Its worker died or the machine went down",
        -9: "Its process was killed, most often because the machine ran out of memory",
    }.get(code, f"Its process ended unexpectedly (status {code})")
    return (
        f"Loading was interrupted. {how}; what had been done was undone. Load again from the DataStore tab; if it "
        "happens again, tell the site's administrator."
    )


def _runs(resource_id: str | None, dry_run: bool) -> Iterator[str]:
    """Bury the runs that call themselves running while nobody holds their resource's lock."""
    for run in reap.running():
        if (
            resource_id in (None, run.resource_id)
            and is_free(run.resource_id)
            and (dry_run or bury(run.run_id, run.resource_id))
        ):
            yield f"{run.resource_id}: run {run.run_id} was interrupted; its table was put back."


def _tables(resource_id: str | None, dry_run: bool) -> Iterator[str]:
    """Restore resources that something is left of, though no run of theirs is going on."""
    raise NotImplementedError


def _folders(dry_run: bool) -> Iterator[str]:
    """Remove the folders of runs that have ended."""
    work_dir = settings.current().work_dir
    if not work_dir.is_dir():
        return
    for folder in sorted(work_dir.iterdir()):
        if _is_left_over(folder):
            if not dry_run:
                shutil.rmtree(folder, ignore_errors=True)
            yield f"Removed the work folder of run {folder.name}."


def _is_left_over(folder: Path) -> bool:
    # whatever else lies there is not ours; a run still running may be another host's, on shared storage
    run = history.get(folder.name)
    return run is not None and run.finished_at is not None
