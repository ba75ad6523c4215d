"""Claim a queued run for a worker; if several try, the database lets only one succeed."""

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
    """A run that this worker has claimed and must carry out."""

    run_id: str
    resource_id: str
    cause: str
    ignore_hash: bool
    dry_run: bool
    #: whether to bring the table before the last load back
    undo: bool
    requested_at: datetime
    #: number of this try of the request; 1 is the first
    tries: int


def this_process() -> str:
    """Return the worker name under which this process claims runs: ``host:pid``."""
    return f"{socket.gethostname()}:{os.getpid()}"


def claim(run_id: str, *, flow_run_id: str | None, worker: str, resource_id: str | None = None) -> Claimed | None:
    """Change a run's state from queued to running.

    If another run of the same resource is running, the run returns to the queue, and the dispatcher hands it over
    again after the other one has ended.

    :param resource_id: the resource whose lock the caller holds; a run of another resource is not claimed.
    :returns: None when the run is no longer queued, or another run of the resource is running.
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
