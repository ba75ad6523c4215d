"""The edge of a run: whatever happens inside ends here as a state and a sentence."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from prefect.exceptions import ObjectNotFound, Pause
from prefect.runtime import flow_run

from .. import settings
from ..core import outcome, stop_reason
from ..core.errors import EngineFailed, LockLost, Skipped, Transient
from ..core.outcome import Failure, Outcome
from ..core.quarantine import Rejected
from ..core.retries import Tries
from ..core.states import GOOD, State
from ..core.values import Log, Published, Strategy, Swapped
from ..recovery import deleted_resource
from ..recovery.late_publish import keep_refused
from ..recovery.settle import settle
from ..runs import database
from ..runs.claim import Claimed
from ..runs.finish import finish, landed
from ..runs.transient import may_pass
from . import memory
from .cancelled import was_cancelled
from .rollback import WayBack

log = logging.getLogger(__name__)

#: Seconds that the end of a run waits for CKAN's database, for a load that is in place must not be called dead; and
#: that a load which could still be undone waits for it.
PATIENCE = 60.0
SHORT_PATIENCE = 20.0


@dataclasses.dataclass
class Landing:
    """Holds the table once it is in place for good; from then on nothing may cost rows."""

    run_id: str
    #: the table that the commit is asked to keep
    near: Swapped | None = None
    swapped: Swapped | None = None
    warnings: tuple[str, ...] = ()
    #: the rows because of which the file was refused
    refused: Rejected | None = None

    def is_near(self, swapped: Swapped) -> None:
        """Note in CKAN's database what is committed next, for should this process die before it can tell.

        :raises sqlalchemy.exc.OperationalError: when that database is away for long; the load is undone then.
        """
        rejected = swapped.plan.csv.rejected
        left_out = (rejected.sentence,) if rejected else ()
        self.near, self.warnings = swapped, (*swapped.plan.warnings, *left_out, *swapped.warnings)
        database.patiently(partial(landed, self.run_id, published(swapped, self.warnings)), SHORT_PATIENCE)


def carry_out(
    claimed: Claimed,
    told: Log,
    way_back: WayBack,
    load: Callable[[Landing, Path], None],
    publish: Callable[[Landing], None],
) -> Outcome:
    """Load, publish, and finish the run's row whatever happens; only signals and the like are raised on."""
    landing = Landing(claimed.run_id)
    folder = settings.current().work_dir / claimed.run_id
    error = _attempt(lambda: load(landing, folder))
    memory.lift()
    if landing.swapped is None and error is not None:
        error = _unless_lock_lost(way_back, error)
        way_back()
        error = _unless_committed(landing, way_back, error)
    if landing.swapped is not None and (error is None or isinstance(error, Exception)):
        error = _attempt(lambda: publish(landing)) or error
    end = _settled(claimed, told, way_back, _end(claimed, landing, error, way_back))
    landing.refused = keep_refused(claimed, error, told) if landing.swapped is None else None
    end = _conclude(claimed, told, way_back, landing, end)
    if not end.unpublished:
        # whoever tells CKAN later finds the rejected rows there
        shutil.rmtree(folder, ignore_errors=True)
    if error is not None and not isinstance(error, Exception):
        raise error
    return end


def _conclude(claimed: Claimed, told: Log, way_back: WayBack, landing: Landing, end: Outcome) -> Outcome:
    """Finish the run's row and return the end of the run; a resource that is deleted takes its table with it."""

    def unless(end: Outcome) -> Outcome:
        if claimed.dry_run:
            return end
        return deleted_resource.unless_gone(claimed.resource_id, told, end, check=way_back.lock.check)

    def write(end: Outcome) -> bool:
        _tell(told, end)
        return _finish(claimed.run_id, end, landing)

    return deleted_resource.concluded(end, unless, write) or end


def _unless_lock_lost(way_back: WayBack, error: BaseException) -> BaseException:
    """Return the error, unless somebody may have taken this run for dead: what that one undid is missing here then."""
    if not isinstance(error, Exception) or isinstance(error, (Skipped, Transient)):
        return error
    lost = _attempt(way_back.lock.check)
    if isinstance(lost, LockLost):
        log.info("run of resource %s failed after its lock was lost", way_back.lock.resource_id, exc_info=error)
        return lost
    return error


def _unless_committed(landing: Landing, way_back: WayBack, error: BaseException) -> BaseException | None:
    """Return the error, unless the commit was carried out and only its answer was lost."""
    if landing.near is None or not way_back.has_committed(landing.run_id):
        return error
    landing.swapped = landing.near
    return None if isinstance(error, Exception) else error


def _finish(run_id: str, end: Outcome, landing: Landing) -> bool:
    made = published(landing.swapped, end.warnings) if landing.swapped and end.state in GOOD else None
    if made and end.kind and not end.unpublished:
        # what CKAN was not told of is not done: the same file must be loaded when somebody asks again
        made = dataclasses.replace(made, load_key="")
    tell = partial(
        finish,
        run_id,
        end.state,
        message=end.message,
        error_kind=end.kind,
        error_about={**end.about, "public": end.public},
        published=made,
        retry=end.retry,
        unpublished=end.unpublished,
        # those of a deleted resource went with its table
        refused=None if end.kind == deleted_resource.KIND else landing.refused,
        warnings=end.warnings,
        unless_gone=end.kind != deleted_resource.KIND,
    )
    return database.patiently(tell, PATIENCE)


def _attempt(work: Callable[[], object]) -> BaseException | None:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 (a signal or a time limit must be told as honestly as an error)
        return error
    return None


def _end(claimed: Claimed, landing: Landing, error: BaseException | None, way_back: WayBack) -> Outcome:
    # the sentence of an expected error says all, but for that of an engine, whose reason nobody else sees
    if error is not None and (not isinstance(error, outcome.EXPECTED) or isinstance(error, EngineFailed)):
        log.error("run %s of resource %s failed", claimed.run_id, claimed.resource_id, exc_info=error)
    if landing.swapped is not None:
        return outcome.of_success(
            landing.swapped.rows,
            error=error,
            warnings=landing.warnings,
            run_id=claimed.run_id,
            transient=_is_transient(error),
        )
    if error is None:
        raise AssertionError("a load ends with a table or an exception")
    current = settings.current()
    failure = Failure(
        run_id=claimed.run_id,
        error=error,
        transient=_is_transient(error),
        reason=stop_reason.reason() or _stopped_in_prefect(error),
        limit=current.flow_timeout,
        tries=Tries(this=claimed.tries, retries=current.run_retries),
        lost=_lost(way_back),
        memory=current.run_memory_limit,
    )
    return outcome.of_failure(failure)


def _is_transient(error: BaseException | None) -> bool:
    # Prefect does not know a run any more when its database was made anew
    return may_pass(error) or isinstance(error, ObjectNotFound)


def _stopped_in_prefect(error: BaseException) -> stop_reason.Reason | None:
    """Return what somebody did to the run in Prefect, if its worker could not say so before the process had to end."""
    if isinstance(error, Pause):
        return stop_reason.Reason.SUSPEND
    told_to_end = not isinstance(error, Exception)
    return stop_reason.Reason.CANCEL if told_to_end and was_cancelled(str(flow_run.get_id())) else None


def _lost(way_back: WayBack) -> str:
    """Return what became of a table that is not as it was."""
    if way_back.failed:
        return "The table is put back as it was by itself as soon as that can be done."
    return " ".join(way_back.done) if settings.current().load_strategy == Strategy.REPLACE.value else ""


def _settled(claimed: Claimed, told: Log, way_back: WayBack, end: Outcome) -> Outcome:
    """Clear the stash after a good end; what cannot be done now is the sweep's, with what CKAN must still be told."""
    if end.state not in GOOD or end.unpublished:
        return end

    def clear() -> None:
        way_back.lock.check()
        settle(claimed.resource_id, told)

    failure = _attempt(clear)
    if failure is None:
        return end
    log.error("the dictionary stash of resource %s stays for now", claimed.resource_id, exc_info=failure)
    again = end.state is not State.SKIPPED and (may_pass(failure) or not isinstance(failure, Exception))
    return dataclasses.replace(end, unpublished=again)


def _tell(told: Log, end: Outcome) -> None:
    skipped = told.warning if end.warnings else told.info
    quiet = dict.fromkeys((State.COMPLETE, State.CANCELLED), told.info)
    tellers = {**quiet, State.SKIPPED: skipped, State.WARNED: told.warning}
    tellers.get(end.state, told.error)(end.message)


def published(swapped: Swapped, warnings: tuple[str, ...]) -> Published:
    """Return what is kept of a good end."""
    plan, rejected = swapped.plan, swapped.plan.csv.rejected
    return Published(
        rows=swapped.rows,
        columns=plan.named,
        file_hash=plan.file_hash,
        load_key=plan.load_key,
        warnings=warnings,
        rejected=(rejected.rows, rejected.total) if rejected else None,
        read_as=plan.csv.read_as,
        renamed=plan.renamed,
    )
