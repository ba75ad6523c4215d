"""A run that this process carries out: the table it put in place, its error, and how it ends."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from prefect.exceptions import ObjectNotFound, Pause
from prefect.runtime import flow_run
from prefect.utilities.timeout import timeout

from .. import settings
from ..core import outcome, stop_reason
from ..core.errors import EngineFailed, LockLost, Skipped, Transient
from ..core.message import join, say
from ..core.outcome import Failure, Outcome, TookTooLong
from ..core.retries import Tries
from ..core.values import Published, Strategy, Swapped
from ..datastore.lock import ResourceLock
from ..recovery.end_run import Ending, end_run
from ..recovery.late_publish import keep_refused
from ..runs import cancel, database
from ..runs.claim import Claimed
from ..runs.finish import landed
from ..runs.log import RunLog
from ..runs.transient import may_pass
from ..waits import COMMIT_WITHOUT_DATABASE
from . import memory
from .cancelled import was_cancelled
from .expected import expect
from .report import Report
from .rollback import Rollback

log = logging.getLogger(__name__)


class Run:
    """One load, from its claim to its end.

    An exception is kept in ``error``, so that every run reaches its end, which is written in one place.
    """

    def __init__(self, claimed: Claimed, lock: ResourceLock) -> None:
        self.claimed = claimed
        self.resource_id = claimed.resource_id
        self.lock = lock
        self.log = RunLog(claimed.run_id)
        self.folder = settings.current().work_dir / claimed.run_id
        self.rollback = Rollback(claimed.resource_id, lock, self.log)
        self.error: BaseException | None = None
        #: the committed table; from then on nothing may lose rows
        self.swapped: Swapped | None = None
        self.warnings: tuple[str, ...] = ()
        #: whether anybody may read the resource; False until that is known
        self.public = False
        #: the table that the commit is to keep
        self._result: Swapped | None = None

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Limit the time of the block, and roll back if it fails."""
        with self.keeping_error(), timeout(seconds=settings.current().flow_timeout, timeout_exc_type=TookTooLong):
            yield
        memory.lift()
        if self.swapped is None and self.error is not None:
            self.error = self._unless_lock_lost(self.error)
            self.rollback()
            self._look_for_commit()

    @contextmanager
    def keeping_error(self) -> Iterator[None]:
        """Keep the block's exception in ``error``; also a signal, so that a stopped run writes its end."""
        try:
            yield
        except BaseException as error:  # noqa: BLE001 (a signal ends a run as an error does)
            self.error = error

    def record_result(self, swapped: Swapped) -> None:
        """Record the result before the commit, so that recovery can finish the run if this process dies.

        :raises sqlalchemy.exc.OperationalError: when CKAN's database is away too long; the load is rolled back then.
        """
        rejected = swapped.plan.csv.rejected
        left_out = (rejected.sentence,) if rejected else ()
        self._result, self.warnings = swapped, (*swapped.plan.warnings, *left_out, *swapped.warnings)
        expect(swapped.plan)
        record = partial(landed, self.claimed.run_id, published(swapped, self.warnings))
        database.patiently(record, COMMIT_WITHOUT_DATABASE)

    @property
    def can_publish(self) -> bool:
        """Return whether the table is in place and this process has not received a stop signal."""
        return self.swapped is not None and (self.error is None or isinstance(self.error, Exception))

    def outcome(self) -> Outcome:
        """Return how the load went, as a state and a message."""
        error = self.error
        # the message of an expected error is complete, except an engine's, whose reason only the log shows
        if error is not None and (not isinstance(error, outcome.EXPECTED) or isinstance(error, EngineFailed)):
            log.error("run %s of resource %s failed", self.claimed.run_id, self.resource_id, exc_info=error)
        transient = _is_transient(error)
        if self.swapped is not None:
            rows, run_id = self.swapped.rows, self.claimed.run_id
            return outcome.of_success(
                rows, error=error, warnings=self.warnings, run_id=run_id, transient=transient, undo=self.claimed.undo
            )
        if error is None:
            raise AssertionError("a load ends with a table or an exception")
        current = settings.current()
        failure = Failure(
            run_id=self.claimed.run_id,
            error=error,
            transient=transient,
            reason=self._stop_reason(error),
            limit=current.flow_timeout,
            tries=Tries(this=self.claimed.tries, retries=current.run_retries),
            lost=self._lost(),
            memory=current.run_memory_limit,
        )
        return outcome.of_failure(failure)

    def end(self, end: Outcome) -> Outcome:
        """Write the end of the run, and return it; raise a stop signal of this process again."""
        loaded = self.swapped is not None
        self.log.flush()
        ending = Ending(
            run_id=self.claimed.run_id,
            resource_id=self.resource_id,
            log=self.log,
            dry_run=self.claimed.dry_run,
            published=published(self.swapped, end.warnings) if self.swapped else None,
            refused=None if loaded else keep_refused(self.claimed, self.error, self.log),
            check_lock=self.lock.check,
        )
        end = end_run(ending, end) or end
        if not end.unpublished:
            # late publishing needs the rejected rows in this folder
            shutil.rmtree(self.folder, ignore_errors=True)
        if self.error is not None and not isinstance(self.error, Exception):
            raise self.error
        return end

    def report(self, end: Outcome) -> Report:
        """Return what Prefect shows of this run after its end."""
        return Report(
            run_id=self.claimed.run_id,
            resource_id=self.resource_id,
            requested_at=self.claimed.requested_at,
            end=end,
            published=published(self.swapped, end.warnings) if self.swapped else None,
            found=self.swapped.plan.found if self.swapped else getattr(self.error, "found", ()),
            public=self.public,
        )

    def _unless_lock_lost(self, error: BaseException) -> BaseException:
        """Return the error, or ``LockLost`` if another worker may have rolled this run back."""
        if not isinstance(error, Exception) or isinstance(error, (Skipped, Transient)):
            return error
        try:
            self.lock.check()
        except LockLost as lost:
            log.info("run of resource %s failed after its lock was lost", self.resource_id, exc_info=error)
            return lost
        except BaseException:
            # if the lock cannot be checked, the load is rolled back next in any case
            log.debug("the lock of resource %s could not be checked", self.resource_id, exc_info=True)
        return error

    def _look_for_commit(self) -> None:
        """Count the load as successful if the commit was carried out and only its reply was lost."""
        if self._result is not None and self.rollback.has_committed(self.claimed.run_id):
            self.swapped = self._result
            self.error = None if isinstance(self.error, Exception) else self.error

    def _stop_reason(self, error: BaseException) -> stop_reason.Reason | None:
        # the worker passes both wishes to cancel on as one
        if cancel.is_asked(self.claimed.run_id):
            return stop_reason.Reason.ASKED
        return stop_reason.reason() or _stopped_in_prefect(error)

    def _lost(self) -> str:
        """Return what happened to a table that is not as it was before."""
        if self.rollback.failed:
            return say("The table will be restored automatically as soon as possible.")
        replaced = settings.current().load_strategy == Strategy.REPLACE.value
        return join(self.rollback.done) if replaced else ""


def published(swapped: Swapped, warnings: tuple[str, ...]) -> Published:
    """Return what is recorded of a successful load."""
    plan, rejected = swapped.plan, swapped.plan.csv.rejected
    return Published(
        rows=swapped.rows,
        columns=plan.named,
        file_hash=plan.file_hash,
        load_key=plan.load_key,
        undone_key=plan.undone_key,
        warnings=warnings,
        rejected=(rejected.rows, rejected.total) if rejected else None,
        read_as=plan.read_as,
        renamed=plan.renamed,
        fields=plan.fields,
        found=plan.found,
    )


def _is_transient(error: BaseException | None) -> bool:
    # Prefect does not know the run any more if its database was created again
    return may_pass(error) or isinstance(error, ObjectNotFound)


def _stopped_in_prefect(error: BaseException) -> stop_reason.Reason | None:
    """Return what somebody did to the run in Prefect, if its worker could not pass that on before the process ended."""
    if isinstance(error, Pause):
        return stop_reason.Reason.SUSPEND
    signalled = not isinstance(error, Exception)
    return stop_reason.Reason.CANCEL if signalled and was_cancelled(str(flow_run.get_id())) else None
