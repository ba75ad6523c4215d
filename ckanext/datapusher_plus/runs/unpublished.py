"""Runs whose table is in place but could not be published in CKAN yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from .. import waits
from ..core.states import State
from ..model import HAS_LOADED, run
from . import database, task_status
from .finish import NOT_LOADED
from .records import COLUMNS, RunRecord, records
from .texts import texts

#: Most runs that one call returns.
_PAGE = 20


def due() -> list[RunRecord]:
    """Return unpublished runs that are due, least recently tried first; at most ``_PAGE``."""
    held_back = run.c.not_before > sa.func.now()
    # after the clock was set back, `not_before` may lie far in the future
    far = run.c.not_before > sa.func.now() + timedelta(seconds=2 * waits.PUBLISH_PAUSE)
    query = sa.select(*COLUMNS).where(run.c.unpublished, sa.or_(run.c.not_before.is_(None), ~held_back, far))
    return records(query.order_by(run.c.not_before.nulls_first(), run.c.finished_at).limit(_PAGE))


def is_replaced(record: RunRecord) -> bool:
    """Return whether a later run has loaded the resource, and so has published a newer table."""
    later = sa.select(run.c.id).where(
        run.c.resource_id == record.resource_id,
        run.c.id != record.id,
        run.c.started_at > record.started_at,
        HAS_LOADED,
    )
    with database.transaction() as connection:
        return connection.execute(later.limit(1)).first() is not None


def postpone(run_id: str) -> None:
    """Hold the run back for ``waits.PUBLISH_PAUSE`` seconds, so that others are tried before it."""
    _update(run_id, not_before=sa.func.now() + timedelta(seconds=waits.PUBLISH_PAUSE))


def done(run_id: str, state: State, *, message: str, warnings: Sequence[str], kind: str | None = None) -> bool:
    """Record that the run is published, or that this failed for good.

    :param kind: the class of the error when it failed for good.
    :returns: False when another process has done so before.
    """
    values: dict[str, Any] = texts(message, warnings) | {"state": state.value}
    return _update(run_id, unpublished=False, not_before=None, **values, **(NOT_LOADED if kind else {}))


def _update(run_id: str, **values: object) -> bool:
    change = sa.update(run).where(run.c.id == run_id, run.c.unpublished).values(**values).returning(run.c.resource_id)
    with database.transaction() as connection:
        resource_id = connection.execute(change).scalar_one_or_none()
        if resource_id is not None:
            task_status.show(connection, resource_id)
    return resource_id is not None
