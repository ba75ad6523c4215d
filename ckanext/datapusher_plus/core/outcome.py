"""How a run ended: its state, and the sentence that its publisher reads."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import (
    AGAIN,
    Held,
    IngestError,
    ResourceGone,
    Skipped,
    TableRemoved,
    Terminal,
    Transient,
    ValueDoesNotFit,
)
from .message import Message, join, say, say_n
from .retries import Again, Retry, Tries
from .states import State
from .stop_reason import Reason

#: Used as the exit status of a process that the kernel killed because memory ran out.
OUT_OF_MEMORY = -1009
_MEMORY = say(
    "Split the file, or ask the site's administrator for more memory, a larger run_memory_limit or fewer runs at once "
    "(worker_limit)."
)
UNCHANGED = say("The table is as it was before.")
DELETED = say("The resource has been deleted since, and its table with it.")
#: Errors whose message says everything, so that no traceback is needed.
EXPECTED = (IngestError, Skipped)


class TookTooLong(TimeoutError):
    """The run was stopped because it took longer than ``flow_timeout``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The last state of a run and the sentence that says why."""

    state: State
    message: str
    #: class of the error, None when the run ended well
    kind: str | None = None
    #: what anybody may read of the error, of private resources too
    public: str = ""
    #: what the error is about, for other software
    about: Mapping[str, str] = field(default_factory=dict)
    #: the run to queue in its place, if any
    retry: Retry | None = None
    #: whether the table is in place but has still to be published in CKAN
    unpublished: bool = False
    #: what the publisher should check, about a loaded table or a file that had nothing to load
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A run that ended before its table was committed."""

    run_id: str
    error: BaseException
    #: whether the same may succeed later, because a server was unavailable
    transient: bool = False
    #: why the process was asked to stop, if it was and a reason was given
    reason: Reason | None
    #: seconds that a run may take
    limit: int
    tries: Tries
    #: bytes of memory that a run may take
    memory: int = 0
    #: what happened to the table; empty when it is as it was
    lost: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Why:
    """What happened, whether a retry may help, and what a person may do if it does not."""

    what: str
    again: Again
    advice: str = AGAIN


def of_failure(failure: Failure) -> Outcome:
    """Return the end of a run that failed."""
    error = failure.error
    if isinstance(error, Held):
        return Outcome(state=error.state, message=error.message, kind=type(error).__name__, public=error.public)
    if isinstance(error, Skipped):
        warnings = (error.message,) if error.warns else ()
        return Outcome(state=State.SKIPPED, message=error.message, warnings=warnings)
    why = _why(failure)
    table = failure.lost or ("" if isinstance(error, Terminal) else UNCHANGED)
    then = failure.tries.then(why.again, why.advice)
    return Outcome(
        state=State.CANCELLED if _is_cancelled(failure) else State.ERROR,
        message=join((why.what, table, then)),
        kind=type(error).__name__,
        public=error.public if isinstance(error, IngestError) else why.what,
        about={"column": error.column, "type": error.type} if isinstance(error, ValueDoesNotFit) else {},
        retry=failure.tries.next(why.again),
    )


def _is_cancelled(failure: Failure) -> bool:
    return failure.reason in (Reason.CANCEL, Reason.ASKED, Reason.SUSPEND)


def _why(failure: Failure) -> _Why:
    error = failure.error
    if isinstance(error, Transient):
        # a cancelled run is not retried, whatever error ended it
        again = Again.NEVER if _is_cancelled(failure) else Again.LATER
        return _Why(what=error.what, again=again, advice=error.advice)
    if isinstance(error, IngestError):
        return _Why(what=error.message, again=Again.NEVER, advice="")
    return _unexpected(failure) if isinstance(error, Exception) else _stopped(failure.reason)


def _unexpected(failure: Failure) -> _Why:
    error = failure.error
    if _is_cancelled(failure):
        # the error only follows from the interruption
        return _stopped(failure.reason)
    if isinstance(error, TookTooLong):
        what = say("Loading was stopped because it took longer than {limit} s.", limit=failure.limit)
        do = say("Ask the site's administrator to raise flow_timeout, or publish a smaller file.")
        return _Why(what=what, again=Again.NEVER, advice=do)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        do = say("Ask the site's administrator to free space in work_dir, then load again.")
        return _Why(what=say("The worker has no disk space left."), again=Again.NEVER, advice=do)
    if _out_of_memory(error):
        what = say(
            "Loading needed more than the {limit} MiB of memory that a run may take (run_memory_limit).",
            limit=failure.memory >> 20,
        )
        return _Why(what=what, again=Again.NEVER, advice=_MEMORY)
    if failure.transient:
        advice = say(
            "Load again later; if it happens again, the site's administrator finds the error in the worker's log under "
            "run {run}.",
            run=failure.run_id,
        )
        return _Why(what=say("A server that loading needs did not answer."), again=Again.LATER, advice=advice)
    advice = say(
        "Load again; if it happens again, the site's administrator finds the error in the worker's log under "
        "run {run}.",
        run=failure.run_id,
    )
    return _Why(what=say("An unexpected error ended the load."), again=Again.NEVER, advice=advice)


def _out_of_memory(error: BaseException) -> bool:
    # a new thread fails first, because its stack takes 8 MB
    no_thread = isinstance(error, RuntimeError) and "can't start new thread" in str(error)
    return isinstance(error, MemoryError) or no_thread or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def _stopped(reason: Reason | None) -> _Why:
    return {
        Reason.CANCEL: _Why(what=say("Loading was cancelled in Prefect."), again=Again.NEVER),
        Reason.ASKED: _Why(what=say("Loading was cancelled by somebody who may edit the resource."), again=Again.NEVER),
        Reason.SUSPEND: _Why(what=say("Loading was suspended in Prefect, which ends it here."), again=Again.NEVER),
        Reason.DRAIN: _Why(what=say("Loading was stopped because its worker was shut down."), again=Again.AT_ONCE),
        Reason.ORPHANED: _Why(what=say("Loading was stopped because its worker died."), again=Again.AT_ONCE),
        None: _Why(
            what=say("Loading was stopped from outside (its process received a signal to end)."),
            again=Again.AT_ONCE,
        ),
    }[reason]


def of_death(code: int | None, table: str, tries: Tries) -> Outcome:
    """Return the end of a run whose process died.

    :param code: the exit status of the process, None when it is unknown.
    :param table: a sentence about what happened to the table.
    """
    # a retry would need as much memory again, and other processes would lack it
    again = Again.NEVER if code == OUT_OF_MEMORY else Again.AT_ONCE
    advice = {None: AGAIN, OUT_OF_MEMORY: _MEMORY}.get(
        code, say("The site's administrator finds the reason in the worker's log.")
    )
    what = say("Loading was interrupted because {how}.", how=how_it_died(code))
    return Outcome(
        state=State.ERROR,
        message=join((what, table, tries.then(again, advice))),
        kind="Interrupted",
        public=what,
        retry=tries.next(again),
    )


def of_cancelled_death(table: str, reason: Reason = Reason.CANCEL) -> Outcome:
    """Return the end of a run whose process died after somebody had cancelled it."""
    what = _stopped(reason).what
    return Outcome(state=State.CANCELLED, message=join((what, table, AGAIN)), kind=Reason.CANCEL.value, public=what)


def how_it_died(code: int | None) -> Message:
    """Return a clause that says how a process died; ``code`` is its exit status, None when it is unknown."""
    return {
        None: say("its worker died, or the machine or its connection to the database went down"),
        OUT_OF_MEMORY: say("its process was killed when the machine, or its control group, ran out of memory"),
        -9: say("its process was killed from outside"),
    }.get(code) or say("its process ended unexpectedly (status {status})", status=str(code))


def loaded(rows: int) -> Message:
    """Return the sentence that says how many rows were loaded."""
    return say_n("{n} row was loaded.", "{n} rows were loaded.", rows)


def brought_back(rows: int) -> Message:
    """Return how many rows an undo brought back, as a sentence."""
    return say_n(
        "The earlier table is back: it has {n} row.",
        "The earlier table is back: it has {n} rows.",
        rows,
    )


def of_success(
    rows: int,
    *,
    error: BaseException | None,
    warnings: tuple[str, ...],
    run_id: str,
    transient: bool = False,
    undo: bool = False,
) -> Outcome:
    """Return the end of a run whose table is in place.

    :param error: what went wrong after that, None when nothing did.
    :param transient: whether the same may succeed later.
    :param undo: whether it is the table from before the last load.
    """
    done = brought_back(rows) if undo else loaded(rows)
    if isinstance(error, ResourceGone):
        return Outcome(state=State.COMPLETE, message=join((done, DELETED)))
    if isinstance(error, TableRemoved):
        message = join((done, error.message))
        kind = type(error).__name__
        return Outcome(state=State.WARNED, message=message, kind=kind, warnings=(message, *warnings))
    if error is None:
        state = State.WARNED if warnings else State.COMPLETE
        return Outcome(state=state, message=join((done, *warnings)), warnings=warnings)
    later = transient or not isinstance(error, Exception)
    if later:
        in_place = say_n(
            "{n} row was loaded and is in the table, but the resource's details could not be updated yet.",
            "{n} rows were loaded and are in the table, but the resource's details could not be updated yet.",
            rows,
        )
        then = say("They will be updated automatically as soon as possible.")
    else:
        in_place = say_n(
            "{n} row was loaded and is in the table, but the resource's details could not be updated.",
            "{n} rows were loaded and are in the table, but the resource's details could not be updated.",
            rows,
        )
        then = AGAIN
    message = join((in_place, _reason(error, run_id), say("Nothing is lost."), then))
    return Outcome(
        state=State.WARNED,
        message=message,
        kind=type(error).__name__,
        unpublished=later,
        warnings=(message, *warnings),
    )


def _reason(error: BaseException, run_id: str) -> str:
    text = error.what if isinstance(error, Transient) else error.message if isinstance(error, IngestError) else ""
    return text or say("The site's administrator finds the reason in the worker's log under run {run}.", run=run_id)
