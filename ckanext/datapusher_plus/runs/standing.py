"""Read how the tables of a page's resources stand to their files: one query, however many resources there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from ..core.states import GOOD, OPEN, State
from ..core.table_and_file import NEW_FILE, UNDO, Known
from ..model import HAS_LOADED, run
from . import database


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """What a resource's runs say; all times have a zone."""

    known: Known
    #: state of the load whose rows are in the table
    loaded: State | None
    #: state of the newest run: of the one that is running or waits, else of the last that ended
    newest: State | None


def find(resource_ids: Sequence[str]) -> dict[str, Runs]:
    """Return what the runs of some resources say, by resource; without those that have no runs."""
    if not resource_ids:
        return {}
    with database.transaction() as connection:
        return {row.id: _runs(row) for row in connection.execute(_query(resource_ids)) if row.newest}


def _runs(row: Any) -> Runs:
    # an undo can be undone, too
    is_undone = bool(row.undos % 2)
    known = Known(
        has_table=row.loaded is not None,
        loaded_at=row.before_at if is_undone else row.loaded_at,
        is_undone=is_undone,
        same_at=row.same_at,
        ended=State(row.ended) if row.ended else None,
        found_nothing=row.ended == State.SKIPPED.value and row.warns,
        asked_for_new_file=bool(row.asked_for_new_file),
        is_open=State(row.newest) in OPEN,
    )
    return Runs(known=known, loaded=State(row.loaded) if row.loaded else None, newest=State(row.newest))


def _query(resource_ids: Sequence[str]) -> sa.Select[Any]:
    """Return the query; each part of it reads the few runs of one resource by its index."""
    wanted = sa.select(sa.func.unnest(sa.cast(list(resource_ids), ARRAY(sa.Text))).label("id")).subquery("wanted")
    mine = (run.c.resource_id == wanted.c.id) & ~run.c.dry_run
    is_open, is_good = run.c.state.in_(_values(OPEN)), run.c.state.in_(_values(GOOD))
    found_nothing = (run.c.state == State.SKIPPED.value) & run.c.warnings.is_not(None)
    newest_first = run.c.finished_at.desc().nulls_last()
    loads = sa.select(run.c.finished_at, run.c.requested_at, run.c.state).where(mine, HAS_LOADED, run.c.cause != UNDO)
    loads = loads.order_by(newest_first).limit(1)
    loaded, before = loads.lateral("loaded"), loads.offset(1).lateral("before")
    undos = sa.select(sa.func.count().label("count")).where(mine, HAS_LOADED, run.c.cause == UNDO)
    undone = undos.where(run.c.requested_at > loaded.c.requested_at).lateral("undone")
    same = sa.select(run.c.finished_at, run.c.requested_at).where(mine, is_good, ~found_nothing)
    same = same.order_by(newest_first).limit(1).lateral("same")
    ended = sa.select(run.c.state, run.c.warnings.is_not(None).label("warns")).where(mine, ~is_open)
    ended = ended.order_by(newest_first).limit(1).lateral("ended")
    # of a running and a queued run the state of the running one, which comes later in the alphabet
    opened = sa.select(sa.func.max(run.c.state).label("state")).where(mine, is_open).lateral("opened")
    since = sa.select(sa.func.bool_or(run.c.cause.in_(NEW_FILE)).label("new_file"))
    since = since.where(mine, run.c.requested_at > sa.func.coalesce(same.c.requested_at, sa.text("'-infinity'")))
    after = since.lateral("after")
    joined = wanted
    for part in (loaded, before, undone, same, ended, opened, after):
        joined = joined.outerjoin(part, sa.true())
    return sa.select(
        wanted.c.id,
        loaded.c.finished_at.label("loaded_at"),
        loaded.c.state.label("loaded"),
        before.c.finished_at.label("before_at"),
        undone.c.count.label("undos"),
        same.c.finished_at.label("same_at"),
        ended.c.state.label("ended"),
        ended.c.warns,
        after.c.new_file.label("asked_for_new_file"),
        sa.func.coalesce(opened.c.state, ended.c.state).label("newest"),
    ).select_from(joined)


def _values(states: frozenset[State]) -> list[str]:
    return [state.value for state in states]
