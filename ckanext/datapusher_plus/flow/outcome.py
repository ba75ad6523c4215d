"""How a run ended, in words for the publisher; values in, values out."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from prefect.exceptions import Pause

from ..core.errors import IngestError, Skipped
from ..core.states import State
from .stopping import Reason

UNCHANGED = "The table is as it was before."
AGAIN = "Load again from the DataStore tab."
#: Errors whose sentence says all; no traceback is needed.
EXPECTED = (IngestError, Skipped)


class TookTooLong(TimeoutError):
    """The run was stopped because ``flow_timeout`` was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The last state of a run and the sentence that says why."""

    state: State
    message: str
    #: class of the error, None when the run ended well
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A run that ended before its table was in place for good."""

    run_id: str
    error: BaseException
    #: why the process was told to stop, if it was and somebody said so
    reason: Reason | None
    #: seconds that a run may take
    limit: int
    #: what became of a table whose rows could not be kept; empty when it is as it was
    lost: str = ""


def of_failure(failure: Failure) -> Outcome:
    """Return the end of a run that failed."""
    error = failure.error
    if isinstance(error, Skipped):
        return Outcome(state=State.SKIPPED, message=str(error))
    cancelled = failure.reason is Reason.CANCEL or isinstance(error, Pause)
    why, then = _why(failure)
    table = failure.lost or ("" if isinstance(error, IngestError) else UNCHANGED)
    return Outcome(
        state=State.CANCELLED if cancelled else State.ERROR,
        message=" ".join(part for part in (why, table, then) if part),
        kind=type(error).__name__,
    )


def _why(failure: Failure) -> tuple[str, str]:
    """Return what happened and what to do next."""
    error = failure.error
    if isinstance(error, IngestError):
        return str(error), ""
    if isinstance(error, TookTooLong):
        do = "Ask the site's administrator to raise flow_timeout, or publish a smaller file."
        return f"Loading was stopped because it took longer than {failure.limit:,} s.", do
    if isinstance(error, Pause):
        return "Loading was suspended in Prefect, which ends it here.", AGAIN
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        do = "Ask the site's administrator to free space in work_dir, then load again."
        return "The worker has no disk space left.", do
    if not isinstance(error, Exception):
        return _stopped(failure.reason), AGAIN
    do = f"the site's administrator finds the error in the worker's log under run {failure.run_id}."
    return "An unexpected error ended the load.", f"Load again; if it happens again, {do}"


def _stopped(reason: Reason | None) -> str:
    return {
        Reason.CANCEL: "Loading was cancelled in Prefect.",
        Reason.DRAIN: "Loading was stopped because its worker was shut down.",
        Reason.ORPHANED: "Loading was stopped because its worker died.",
        None: "Loading was stopped from outside (its process was told to end).",
    }[reason]


def of_success(rows: int, *, error: BaseException | None, warnings: tuple[str, ...], run_id: str) -> Outcome:
    """Return the end of a run whose table is in place; ``error`` is what went wrong after that."""
    loaded = f"{rows:,} rows were loaded" if rows != 1 else "1 row was loaded"
    if error is not None:
        why = str(error) if isinstance(error, IngestError) else f"see run {run_id} in the worker's log"
        return Outcome(
            state=State.WARNED,
            message=f"{loaded} and are in the table, but the resource's details could not be updated ({why}). "
            f"Nothing is lost. {AGAIN}",
            kind=type(error).__name__,
        )
    if warnings:
        return Outcome(state=State.WARNED, message=f"{loaded}. {' '.join(warnings)}")
    return Outcome(state=State.COMPLETE, message=f"{loaded}.")
