"""Delete old runs and their logs, in small steps."""

from __future__ import annotations

import sqlalchemy as sa

from ..core.states import LEFT, OPEN
from ..model import HAS_LOADED, run
from . import database

#: Most resources that one statement reads, and most runs that it deletes, so that it holds its locks only briefly.
_PAGE = 100
_MOST = 1_000

_ENDED = run.c.state.not_in([state.value for state in OPEN])
_TRIED = run.c.started_at.is_not(None) & run.c.state.not_in([state.value for state in LEFT]) & ~run.c.dry_run


def prune(keep: int, *, after: str = "") -> str:
    """Delete ended runs, except the newest ``keep`` of each resource, for the next resources after ``after``.

    The last run that loaded the resource, and the last that tried to, are kept: a new run needs them to detect an
    unchanged file.

    :param keep: 0 keeps all runs.
    :param after: a resource's id; empty to start at the first resource.
    :returns: the value of ``after`` for the next call; empty when all resources are done.
    """
    if not keep:
        return ""
    with database.transaction() as connection:
        known = sa.select(run.c.resource_id).distinct().where(run.c.resource_id > after)
        resources = list(connection.execute(known.order_by(run.c.resource_id).limit(_PAGE)).scalars())
        removed = connection.execute(sa.delete(run).where(run.c.id.in_(_old(resources, keep)))).rowcount
    if removed == _MOST:
        return after
    return resources[-1] if len(resources) == _PAGE else ""


def _old(resources: list[str], keep: int) -> sa.Select[tuple[str]]:
    newest = run.c.finished_at.desc()

    def rank(kind: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.row_number().over(partition_by=[run.c.resource_id, kind], order_by=newest)

    ended = (
        sa.select(run.c.id, HAS_LOADED.label("loaded"), _TRIED.label("tried"))
        .add_columns(sa.func.row_number().over(partition_by=run.c.resource_id, order_by=newest).label("rank"))
        .add_columns(rank(HAS_LOADED).label("rank_loaded"), rank(_TRIED).label("rank_tried"))
        .where(run.c.resource_id.in_(resources), _ENDED, ~run.c.unpublished)
        .subquery()
    )
    last = (ended.c.loaded & (ended.c.rank_loaded == 1)) | (ended.c.tried & (ended.c.rank_tried == 1))
    return sa.select(ended.c.id).where(ended.c.rank > keep, ~last).limit(_MOST)
