"""How a run ended, in words for the publisher; values in, values out."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from prefect.exceptions import Pause

from ..core.errors import IngestError, Skipped
from ..core.states import State
from .stopping import Reason

#: Errors whose sentence says all; no traceback is needed.
EXPECTED = (IngestError, Skipped)
AGAIN = "Load again from the DataStore tab."


class TookTooLong(TimeoutError):
    """The run was stopped because ``flow_timeout`` was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The last state of a run and the sentence that says why."""

    state: State
    message: str
    #: class of the error, None when the run ended well
    kind: str | None = None


def of_failure(error: BaseException, *, run_id: str, reason: Reason | None, limit: int) -> Outcome:
    """Return the end of a run that failed before its table was in place for good.

    :param limit: seconds that a run may take
    """
    if isinstance(error, Skipped):
        return Outcome(state=State.SKIPPED, message=str(error))
    cancelled = reason is Reason.CANCEL or isinstance(error, Pause)
    return Outcome(
        state=State.CANCELLED if cancelled else State.ERROR,
        message=_failure(error, run_id, reason, limit),
        kind=type(error).__name__,
    )


def _failure(error: BaseException, run_id: str, reason: Reason | None, limit: int) -> str:
    if isinstance(error, IngestError):
        return str(error)
    if isinstance(error, TookTooLong):
        return (
            f"Loading was stopped because it took longer than {limit:,} s, and undone. "
            "Ask the site's administrator to raise flow_timeout, or publish a smaller file."
        )
    if isinstance(error, Pause):
        return f"Loading was suspended in Prefect, which ends it here, and undone. {AGAIN}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return (
            "The worker has no disk space left, so loading ended, and what had been done was undone. "
            "Ask the site's administrator to free space in work_dir, then load again."
        )
    if not isinstance(error, Exception):
        return f"{_stopped(reason)}, and what had been done was undone. {AGAIN}"
    return (
        "An unexpected error ended the load, and what had been done was undone. Load again; if it happens again, "
        f"the site's administrator finds the error in the worker's log under run {run_id}."
    )


def _stopped(reason: Reason | None) -> str:
    return {
        Reason.CANCEL: "Loading was cancelled in Prefect",
        Reason.DRAIN: "Loading was stopped because its worker was shut down",
        Reason.ORPHANED: "Loading was stopped because its worker died",
        None: "Loading was stopped from outside (its process was told to end)",
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
