"""Roll back a live run. ``recovery.dead_runs`` rolls back runs whose process died, by the same ``restore``."""

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
    """Restores a resource's table as it was. It may be called more than once."""

    resource_id: str
    lock: ResourceLock
    log: Log
    #: what was rolled back, one message each
    done: list[str] = field(default_factory=list)
    #: whether the last call failed; the sweep will do it then
    failed: bool = False

    def __call__(self) -> None:
        """Restore the table; what cannot be rolled back now stays in the journal for the sweep."""
        try:
            done = self._patiently()
        except Exception:
            log.exception("resource %s could not be restored now; the sweep will do it", self.resource_id)
            self.failed = True
        else:
            self.done.extend([done.what] if done else [])
            self.failed = False

    def hook(self, transaction: Transaction) -> None:
        """Do the same as a rollback hook; nothing may be raised here, because Prefect swallows it."""
        del transaction
        self()

    def has_committed(self, run_id: str) -> bool:
        """Return whether the commit was carried out although its reply was lost."""
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
            # without the lock another run may be in progress, and that run repairs the resource before it begins
            with ResourceLock(self.resource_id) as again:
                return self._undo() if again.acquire(LOST_LOCK) else None
        return self._undo()

    def _undo(self) -> Restored | None:
        # if the table is missing and this run has not changed it, somebody has removed it
        return restore(self.resource_id, self.log, from_stash=False)


def after_crash(flow: Any, flow_run: Any, state: Any) -> None:
    """Recover a run that Prefect reports as crashed or cancelled; Prefect passes these argument names."""
    del flow
    without_values(_recover)(flow_run.parameters, cancelled=state.is_cancelled() or state.is_cancelling())


def _recover(parameters: Mapping[str, object], *, cancelled: bool) -> None:
    # imported here because a supervisor of Prefect may call this in a process that has not loaded CKAN
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
