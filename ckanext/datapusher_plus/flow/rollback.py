"""The rollback of a live run; ``recovery.dead_runs`` rolls back those whose process died, by the same ``restore``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prefect.transactions import Transaction

from ..core.errors import LockLost, Transient
from ..core.values import Log
from ..datastore import connect, journal
from ..datastore.lock import ResourceLock
from ..recovery.restore import Restored, restore
from ..runs.transient import may_pass
from ..waits import LOST_LOCK, ROLLBACK_WITHOUT_SERVERS, retry_until
from .shown import without_values

log = logging.getLogger(__name__)


@dataclass
class Rollback:
    """Puts a resource's table back as it was. It may be called more than once."""

    resource_id: str
    lock: ResourceLock
    told: Log
    #: what was undone, one sentence each
    done: list[str] = field(default_factory=list)
    #: whether the last call failed; the sweep then does it
    failed: bool = False

    def __call__(self) -> None:
        """Restore the table; what cannot be undone now stays in the journal for the sweep."""
        try:
            done = self._patiently()
        except Exception:
            log.exception("resource %s could not be restored now; the sweep will do it", self.resource_id)
            self.failed = True
        else:
            self.done.extend([done.what] if done else [])
            self.failed = False

    def hook(self, transaction: Transaction) -> None:
        """Do the same as a rollback hook. Prefect would swallow what a hook raises."""
        del transaction
        self()

    def has_committed(self, run_id: str) -> bool:
        """Return whether the commit was carried out although its answer was lost."""
        try:
            with connect.connect(autocommit=True) as connection:
                return journal.is_committed(connection, run_id)
        except Transient:
            return False

    def _patiently(self) -> Restored | None:
        return retry_until(
            self._restore,
            ROLLBACK_WITHOUT_SERVERS,
            errors=(Exception,),
            passes=lambda error: not self.failed and may_pass(error),
        )

    def _restore(self) -> Restored | None:
        try:
            self.lock.check()
        except LockLost:
            # without the lock another run may be at work, and that run heals the resource before it begins
            with ResourceLock(self.resource_id) as again:
                return self._undo() if again.acquire(LOST_LOCK) else None
        return self._undo()

    def _undo(self) -> Restored | None:
        # a table that this run has not touched is missing because somebody removed it
        return restore(self.resource_id, self.told, from_stash=False)


def after_crash(flow: Any, flow_run: Any, state: Any) -> None:
    """Recover a run that Prefect reports as crashed or cancelled; Prefect calls this with these argument names."""
    del flow
    without_values(_recover)(flow_run.parameters, cancelled=state.is_cancelled() or state.is_cancelling())


def _recover(parameters: Mapping[str, object], *, cancelled: bool) -> None:
    # imported late: a supervisor of Prefect's may call this in a process that has not loaded CKAN
    from ..portal import app

    app.load()
    from ..recovery import dead_runs
    from .cancelled import was_cancelled
    from .job import Refused, known

    try:
        run_id, _ = known(parameters)
    except Refused as refused:
        log.warning("a flow run that ended was for no run of CKAN: %s", refused)
        return
    dead_runs.recover_after_death(
        run_id, None, was_cancelled=lambda flow_run_id: cancelled or was_cancelled(flow_run_id)
    )
