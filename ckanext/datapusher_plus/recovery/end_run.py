"""End a run: one way for live runs, for runs whose process died, and for runs that are published late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from .. import portal
from ..core.errors import ResourceGone
from ..core.outcome import Outcome
from ..core.quarantine import Rejected
from ..core.states import GOOD, State
from ..core.values import Log, Published
from ..runs import database, unpublished
from ..runs.finish import finish
from ..waits import END_WITHOUT_DATABASE
from .remove_table import withdraw

_GONE = ResourceGone.__name__


def _still_locked() -> None:
    """Do nothing: the default check, for a caller that cannot lose the lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A run to end."""

    run_id: str
    resource_id: str
    log: Log
    dry_run: bool = False
    #: what is recorded of the run if it succeeded
    published: Published | None = None
    #: the rejected rows for which the file was refused
    refused: Rejected | None = None
    #: whether the run has ended before and only had to be published
    late: bool = False
    #: raises an exception when the caller no longer holds the resource's lock
    check_lock: Callable[[], None] = _still_locked


def end_run(ending: Ending, end: Outcome) -> Outcome | None:
    """Write how a run ended, and return that; None when it had already ended.

    If the resource has been deleted, its table is removed and the run ends as ``ResourceGone``. That is checked before
    the end is written, and again in the transaction that writes it. If the removal fails, the error is raised; the run
    stays ``running``, and the sweep ends it.
    """
    end = _unless_gone(ending, end)
    try:
        written = _write(ending, end)
    except ResourceGone:
        end = _unless_gone(ending, end)
        written = _write(ending, end)
    return end if written else None


def _unless_gone(ending: Ending, end: Outcome) -> Outcome:
    resource_id = ending.resource_id
    if ending.dry_run or not database.patiently(partial(portal.is_gone, resource_id), END_WITHOUT_DATABASE):
        return end
    ending.check_lock()
    withdraw(resource_id, ending.log)
    # a run that had already ended was successful
    return end if ending.late else Outcome(state=State.ERROR, message=ResourceGone(resource_id).message, kind=_GONE)


def _write(ending: Ending, end: Outcome) -> bool:
    _log_end(ending.log, end)
    if ending.late:
        return unpublished.done(ending.run_id, end.state, message=end.message, warnings=end.warnings, kind=end.kind)
    gone = end.kind == _GONE
    write = partial(
        finish,
        ending.run_id,
        end.state,
        message=end.message,
        error_kind=end.kind,
        error_about={**end.about, "public": end.public},
        published=ending.published if end.state in GOOD else None,
        retry=end.retry,
        unpublished=end.unpublished,
        # those of a deleted resource were removed with its table
        refused=None if gone else ending.refused,
        warnings=end.warnings,
        unless_gone=not gone,
    )
    return database.patiently(write, END_WITHOUT_DATABASE)


def _log_end(log: Log, end: Outcome) -> None:
    levels = {
        State.COMPLETE: log.info,
        State.CANCELLED: log.info,
        State.SKIPPED: log.warning if end.warnings else log.info,
        State.WARNED: log.warning,
        State.WAITING: log.warning,
        State.REJECTED: log.warning,
    }
    levels.get(end.state, log.error)(end.message)
