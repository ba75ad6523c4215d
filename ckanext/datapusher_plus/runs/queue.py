"""Queued runs on their way to Prefect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from ..core.states import State
from ..model import run
from . import database


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queued run that nobody works on."""

    run_id: str
    resource_id: str
    #: how often it was handed to Prefect before; part of the idempotency key, or Prefect would return the old flow run
    attempt: int
    #: Prefect's flow run of the last attempt
    flow_run_id: str | None


def waiting(lost_after: timedelta | None = None) -> list[Waiting]:
    """Return the runs to hand to Prefect, longest waiting first.

    A run of a resource that is running waits for it to end. One that was handed over is left out, or, with
    ``lost_after``, comes again when it was not claimed for that long.
    """
    other = run.alias()
    running = sa.exists().where(other.c.resource_id == run.c.resource_id, other.c.state == State.RUNNING.value)
    due = run.c.dispatched_at.is_(None)
    if lost_after is not None:
        due |= run.c.dispatched_at < database.now() - lost_after
    query = (
        sa.select(run.c.id, run.c.resource_id, run.c.attempts, run.c.flow_run_id)
        .where(run.c.state == State.QUEUED.value, due, ~running)
        .order_by(run.c.requested_at)
    )
    with database.transaction() as connection:
        return [
            Waiting(run_id=row.id, resource_id=row.resource_id, attempt=row.attempts, flow_run_id=row.flow_run_id)
            for row in connection.execute(query)
        ]


def dispatched(run_id: str, flow_run_id: str) -> None:
    """Note that Prefect has the run now."""
    _note(run_id, dispatched_at=database.now(), flow_run_id=flow_run_id, attempts=run.c.attempts + 1)


def undispatch(run_id: str) -> None:
    """Note that Prefect no longer has the run, so that it is handed over again."""
    _note(run_id, dispatched_at=None)


def _note(run_id: str, **values: object) -> None:
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(run.c.id == run_id, run.c.state == State.QUEUED.value).values(**values))
