"""The way back inside a living run; ``bury`` has the way back of dead ones. Both end in ``recovery.restore``."""

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
from ..waits import ROLLBACK_WITHOUT_SERVERS, retry_until
from .shown import without_values

log = logging.getLogger(__name__)

#: Seconds to wait for a lock that was lost with its connection.
PATIENCE = 10.0


@dataclass
class WayBack:
    """Puts a resource's table back as it was; may be called any number of times."""

    resource_id: str
    lock: ResourceLock
    told: Log
    #: what was undone, one sentence each
    done: list[str] = field(default_factory=list)
    #: whether the last call could not do its work, which is the sweep's then
    failed: bool = False

    def __call__(self) -> None:
        """Restore; what cannot be undone now stays in the journal for the sweep."""
        try:
            done = self._patiently()
        except Exception:
            log.exception("resource %s could not be restored now; the sweep will do it", self.resource_id)
            self.failed = True
        else:
            self.done.extend([done.what] if done else [])
            self.failed = False

    def hook(self, transaction: Transaction) -> None:
        """Be a rollback hook of Prefect, which would swallow what a hook raises."""
        del transaction
        self()

    def has_committed(self, run_id: str) -> bool:
        """Tell whether the run's table is in place for good though its run did not hear so."""
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
                return self._undo() if again.acquire(PATIENCE) else None
        return self._undo()

    def _undo(self) -> Restored | None:
        # a table that this run has not touched is missing because somebody removed it
        return restore(self.resource_id, self.told, from_stash=False)


def after_crash(flow: Any, flow_run: Any, state: Any) -> None:
    """Bury a run that Prefect reports as crashed or cancelled; Prefect calls this by these very names."""
    del flow
    without_values(_bury)(flow_run.parameters, cancelled=state.is_cancelled() or state.is_cancelling())


def _bury(parameters: Mapping[str, object], *, cancelled: bool) -> None:
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
    dead_runs.after(run_id, None, was_cancelled=lambda flow_run_id: cancelled or was_cancelled(flow_run_id))
