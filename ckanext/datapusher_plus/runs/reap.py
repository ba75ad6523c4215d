"""Runs that call themselves running; whether their worker lives is decided by the resource's lock (recovery/sweep)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from ..core.states import State
from ..model import run
from . import database


class Running(NamedTuple):
    """A run in state running."""

    run_id: str
    resource_id: str
    flow_run_id: str | None
    started_at: datetime


def running() -> list[Running]:
    """Return every run that has not ended since it was claimed, oldest first."""
    query = (
        sa.select(run.c.id, run.c.resource_id, run.c.flow_run_id, run.c.started_at)
        .where(run.c.state == State.RUNNING.value)
        .order_by(run.c.started_at)
    )
    with database.transaction() as connection:
        return [Running(*row) for row in connection.execute(query)]
