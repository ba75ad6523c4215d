"""Which queued run is next: places are shared among organizations, and loads of one resource per hour are limited."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from ckan import model

from .. import settings, waits
from ..core.message import documents, say
from ..core.states import State
from ..model import run
from . import database
from .queue import Waiting, due, waiting_in

#: Size in bytes up to which a file counts as small, and comes before larger ones of the same rank.
SMALL = 10_000_000
HOUR = timedelta(hours=1)

#: The resource's owner: its organization, else the user who created the dataset, else the resource itself.
_OWNER = sa.func.coalesce(model.package_table.c.owner_org, model.package_table.c.creator_user_id, run.c.resource_id)
_WITH_OWNER = run.outerjoin(model.resource_table, model.resource_table.c.id == run.c.resource_id).outerjoin(
    model.package_table, model.package_table.c.id == model.resource_table.c.package_id
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Capacity of one worker."""

    #: most runs at the same time
    places: int
    #: further runs, each for an organization that has no other run
    extra: int
    #: number of runs that the worker has now
    taken: int
    #: ids of those runs, as far as they are known
    ids: Collection[str] = ()


def next_up(room: Room, *, most: int) -> list[Waiting]:
    """Return the runs to hand over now, at most ``most``.

    Order: requests of people before those of commands; then the organization that has the fewest runs before this one;
    then small files; then the oldest request. One organization may use all places while no other one waits. Because its
    loads may take long, ``room.extra`` more runs are taken from organizations that have no run.
    """
    with database.transaction() as connection:
        open_, on_their_way = _open(connection, room.ids)
        free, up = room.places - room.taken - on_their_way, list[str]()
        # a full worker is asked at each request, too
        queued = _queued(connection, open_, room.places + room.extra) if free > -room.extra else ()
        for one in queued:
            if len(up) == most or free <= -room.extra:
                break
            if free > 0 or not open_.get(one.owner):
                open_[one.owner] = open_.get(one.owner, 0) + 1
                free -= 1
                up.append(one.id)
        rows = {row.id: row for row in connection.execute(sa.select(run).where(run.c.id.in_(up)))} if up else {}
    # one may be deleted meanwhile
    return [waiting_in(rows[each]) for each in up if each in rows]


def _open(connection: sa.Connection, taken: Collection[str]) -> tuple[dict[str, int], int]:
    """Return the number of running or just handed over runs of each organization, and how many no worker has begun."""
    handed = (run.c.state == State.QUEUED.value) & (run.c.dispatched_at > sa.func.now() - waits.CLAIM)
    began = run.c.state == State.RUNNING.value
    number = sa.func.count()
    elsewhere = number.filter(handed, run.c.id.not_in(taken))
    query = sa.select(_OWNER, number, elsewhere).select_from(_WITH_OWNER).where(handed | began).group_by(_OWNER)
    rows = connection.execute(query).all()
    return {owner: count for owner, count, _ in rows}, sum(row[2] for row in rows)


def _queued(connection: sa.Connection, open_: dict[str, int], each: int) -> list[sa.Row[Any]]:
    """Return ``id`` and ``owner`` of the first ``each`` due runs of each organization, in the order to take them.

    Only what decides about the order is read: a queue may have many thousand runs, and this is asked for each load.
    """
    small = sa.func.coalesce(model.resource_table.c.size, SMALL + 1) <= SMALL
    place = sa.func.row_number().over(partition_by=_OWNER, order_by=[run.c.bulk, ~small, run.c.requested_at])
    due_now = (
        sa.select(
            run.c.id, run.c.bulk, run.c.requested_at, _OWNER.label("owner"), place.label("place"), small.label("small")
        )
        .select_from(_WITH_OWNER)
        .where(due(), ~_too_often())
        .subquery()
    )
    first = sa.select(due_now).where(due_now.c.place <= each)
    return sorted(
        connection.execute(first).all(),
        key=lambda row: (row.bulk, row.place + open_.get(row.owner, 0), not row.small, row.requested_at),
    )


def _too_often() -> sa.ColumnElement[bool]:
    """Return the SQL condition that a run's resource was loaded ``runs_per_hour`` times within the last hour."""
    most = settings.current().runs_per_hour
    if not most:
        return sa.false()
    other = run.alias()
    # once for all runs: counting those of each resource took most of the time of a long queue
    lately = sa.select(other.c.resource_id).where(other.c.started_at > sa.func.now() - HOUR)
    return run.c.resource_id.in_(lately.group_by(other.c.resource_id).having(sa.func.count() >= most))


def tell_who_waits() -> None:
    """Write into the ``message`` of runs that wait because their resource was loaded too often that they do."""
    most = settings.current().runs_per_hour
    sentence = say(
        "This resource has been loaded {most} times within an hour, as often as it may be (runs_per_hour). "
        "It is loaded again as soon as the first of these is an hour old.",
        most=most,
    )
    held = sa.update(run).where(due(), _too_often(), run.c.message.is_distinct_from(sentence))
    with database.transaction() as connection:
        connection.execute(held.values(message=str(sentence), said=documents((sentence,))))
