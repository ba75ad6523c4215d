"""What the file of a run contains: its sheets, layers or lists, for the people who may edit the resource."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..core.parts import Part, from_json, to_json
from ..model import run
from . import database

log = logging.getLogger(__name__)


def keep(run_id: str, parts: Iterable[Part]) -> None:
    """Record the parts of a run's file; a load does not fail because of this."""
    note = sa.update(run).where(run.c.id == run_id).values(contents=to_json(parts))
    try:
        with database.transaction() as connection:
            connection.execute(note)
    except SQLAlchemyError:
        log.exception("run %s: the contents of its file cannot be recorded", run_id)


def latest(resource_id: str) -> tuple[Part, ...]:
    """Return the parts of the last file of a resource that a run has read."""
    query = (
        sa.select(run.c.contents)
        .where(run.c.resource_id == resource_id, run.c.contents.is_not(None))
        .order_by(run.c.started_at.desc().nulls_last())
        .limit(1)
    )
    with database.transaction() as connection:
        return from_json(connection.execute(query).scalar() or [])
