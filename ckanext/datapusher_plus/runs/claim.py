"""A worker takes a queued run; of many that try, the database lets one."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ..core.states import State
from ..model import ONE_RUNNING, run
from . import database, queue, task_status


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A run that is this worker's to carry out."""

    run_id: str
    resource_id: str
    cause: str
    ignore_hash: bool
    dry_run: bool
    requested_at: datetime
    #: which try of the request this is
    tries: int


def this_process() -> str:
    """Return the name under which this process takes runs."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(run_id: str, *, flow_run_id: str | None, worker: str, resource_id: str | None = None) -> Claimed | None:
    """Move a queued run to running; None when it is queued no more, or another run of the resource is running.

    In the second case the run goes back to the queue, to be handed over again when the other one has ended.

    :param resource_id: the resource whose lock the caller holds; a run of another resource is not taken.
    """
    try:
        return _claim(run_id, flow_run_id, worker, resource_id)
    except IntegrityError as error:
        if ONE_RUNNING not in str(error.orig):
            raise
    queue.undispatch(run_id)
    return None


def _claim(run_id: str, flow_run_id: str | None, worker: str, resource_id: str | None) -> Claimed | None:
    of_resource = run.c.resource_id == resource_id if resource_id else sa.true()
    take = (
        sa.update(run)
        .where(run.c.id == run_id, run.c.state == State.QUEUED.value, of_resource)
        .values(
            state=State.RUNNING.value,
            started_at=database.clock(),
            flow_run_id=flow_run_id,
            worker=worker,
            message=None,
            not_before=None,
        )
        .returning(*(run.c[field.name] for field in fields(Claimed) if field.name != "run_id"))
    )
    with database.transaction() as connection:
        taken = connection.execute(take).mappings().first()
        if taken is None:
            return None
        task_status.show(connection, taken["resource_id"])
    return Claimed(run_id=run_id, **taken)
