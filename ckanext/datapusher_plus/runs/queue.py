"""Queued runs: which are due, and whether they were handed to Prefect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from .. import waits
from ..core.states import State
from ..model import run
from . import database

#: So many waiting requests are a crowd: what nobody waits for is done later.
CROWD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queued run that no worker has claimed."""

    run_id: str
    resource_id: str
    #: how often it was handed to Prefect before. It is part of the idempotency key: without it Prefect would return the
    #: old flow run.
    attempt: int
    #: Prefect's flow run of the last attempt
    flow_run_id: str | None
    #: whether a command requested it, not a person
    bulk: bool
    #: cause of the request
    cause: str


def waiting(lost_after: timedelta | None = None, *, limit: int | None = None) -> list[Waiting]:
    """Return the runs to hand to Prefect: requests of people first, then those of commands; the oldest first.

    Left out are a run whose resource has a running run, a retry whose time has not come, and a run that was handed over
    already.

    :param lost_after: also return a run that was handed over longer ago than this and is still not claimed.
    """
    query = sa.select(run).where(due(lost_after)).order_by(run.c.bulk, run.c.requested_at).limit(limit)
    with database.transaction() as connection:
        return [waiting_in(row) for row in connection.execute(query)]


def has(count: int) -> bool:
    """Return whether at least so many runs wait."""
    found = sa.select(run.c.id).where(run.c.state == State.QUEUED.value).limit(count).subquery()
    with database.transaction() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(found)).scalar_one() >= count


def due(lost_after: timedelta | None = None) -> sa.ColumnElement[bool]:
    """Return the SQL condition under which a row of ``run`` is to be handed over; see ``waiting``."""
    other = run.alias()
    running = sa.exists().where(other.c.resource_id == run.c.resource_id, other.c.state == State.RUNNING.value)
    # PostgreSQL's clock, which all hosts share. If it is set back, times that it wrote before lie in the future; such
    # runs count as due.
    now = sa.func.now()
    away = run.c.dispatched_at.is_(None)
    if lost_after is not None:
        away |= (run.c.dispatched_at < now - lost_after) | (run.c.dispatched_at > now)
    later = (run.c.not_before > now) & (run.c.not_before < now + waits.LONGEST_HOLD)
    return (run.c.state == State.QUEUED.value) & away & sa.func.coalesce(later, sa.false()).is_(sa.false()) & ~running


def waiting_in(row: sa.Row[Any]) -> Waiting:
    """Return a row of ``run`` as a queued run."""
    return Waiting(
        run_id=row.id,
        resource_id=row.resource_id,
        attempt=row.attempts,
        flow_run_id=row.flow_run_id,
        bulk=row.bulk,
        cause=row.cause,
    )


def dispatched(run_id: str, flow_run_id: str) -> None:
    """Record that the run was handed to Prefect."""
    _note(run_id, dispatched_at=sa.func.now(), flow_run_id=flow_run_id, attempts=run.c.attempts + 1)


def undispatch(run_id: str) -> None:
    """Record that Prefect no longer has the run, so that it is handed over again."""
    _note(run_id, dispatched_at=None)


def put_back(run_id: str) -> None:
    """Return a run to the queue after its process ended without claiming it.

    The pause before the next process grows with each attempt, up to ``waits.LONGEST_RESTART_PAUSE`` seconds.
    """
    pause = sa.func.least(waits.RESTART_PAUSE * run.c.attempts, waits.LONGEST_RESTART_PAUSE) * sa.literal(
        timedelta(seconds=1), sa.Interval
    )
    _note(run_id, dispatched_at=None, not_before=sa.func.now() + pause)


def _note(run_id: str, **values: object) -> None:
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(run.c.id == run_id, run.c.state == State.QUEUED.value).values(**values))
