"""Queued runs on their way to Prefect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from .. import waits
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
    #: whether a command asked for it
    bulk: bool


def waiting(lost_after: timedelta | None = None, *, limit: int | None = None) -> list[Waiting]:
    """Return the runs to hand to Prefect: those that people asked for before those of commands, longest waiting first.

    A run of a resource that is running waits for it to end, and a retry for its time. One that was handed over is left
    out, or, with ``lost_after``, comes again when it was not claimed for that long.
    """
    query = sa.select(run).where(due(lost_after)).order_by(run.c.bulk, run.c.requested_at).limit(limit)
    with database.transaction() as connection:
        return [waiting_in(row) for row in connection.execute(query)]


def due(lost_after: timedelta | None = None) -> sa.ColumnElement[bool]:
    """Return whether a row of ``run`` is one to hand over; see ``waiting``."""
    other = run.alias()
    running = sa.exists().where(other.c.resource_id == run.c.resource_id, other.c.state == State.RUNNING.value)
    # By the one clock that all hosts share; should it be set back, what it wrote lies in the future, and is due.
    now = sa.func.now()
    away = run.c.dispatched_at.is_(None)
    if lost_after is not None:
        away |= (run.c.dispatched_at < now - lost_after) | (run.c.dispatched_at > now)
    later = (run.c.not_before > now) & (run.c.not_before < now + waits.LONGEST_HOLD)
    return (run.c.state == State.QUEUED.value) & away & sa.func.coalesce(later, sa.false()).is_(sa.false()) & ~running


def waiting_in(row: sa.Row[Any]) -> Waiting:
    """Return the queued run that a row of ``run`` is."""
    return Waiting(
        run_id=row.id, resource_id=row.resource_id, attempt=row.attempts, flow_run_id=row.flow_run_id, bulk=row.bulk
    )


def dispatched(run_id: str, flow_run_id: str) -> None:
    """Note that Prefect has the run now."""
    _note(run_id, dispatched_at=sa.func.now(), flow_run_id=flow_run_id, attempts=run.c.attempts + 1)


def undispatch(run_id: str) -> None:
    """Note that Prefect no longer has the run, so that it is handed over again."""
    _note(run_id, dispatched_at=None)


def put_back(run_id: str) -> None:
    """Note that a process was to carry out the run and ended without; the next one begins a little later each time."""
    pause = sa.func.least(waits.RESTART_PAUSE * run.c.attempts, waits.LONGEST_RESTART_PAUSE) * sa.literal(
        timedelta(seconds=1), sa.Interval
    )
    _note(run_id, dispatched_at=None, not_before=sa.func.now() + pause)


def _note(run_id: str, **values: object) -> None:
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(run.c.id == run_id, run.c.state == State.QUEUED.value).values(**values))
