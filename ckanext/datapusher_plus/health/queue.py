"""Checks that queued requests are handed over and begun, and that runs end in time."""

from __future__ import annotations

import sqlalchemy as sa

from .. import settings, waits
from ..core.states import State
from ..model import run
from . import ckan_database
from .finding import Verdict, fail, ok, together, warn
from .wording import span

#: Seconds after which a request that waits for a free worker causes a warning.
LONG = 3600


def requests() -> Verdict:
    """Check that queued requests are handed to Prefect, and that workers claim them."""
    with ckan_database.connected() as connection:
        unseen, oldest_unseen = _count(connection, run.c.dispatched_at.is_(None), _free_since())
        waiting, oldest = _count(connection, run.c.dispatched_at.is_not(None), run.c.dispatched_at)
        busy = connection.execute(sa.select(sa.exists().where(run.c.state == State.RUNNING.value))).scalar_one()
    troubles = []
    if busy:
        # dispatchers hand over only as many requests as workers have places, so the rest waits for a worker
        waiting, oldest, unseen = unseen + waiting, max(oldest, oldest_unseen), 0
    elif oldest_unseen > waits.UNSEEN_REQUEST:
        sentence = f"Requests that nobody handed to Prefect: {unseen:,}, the oldest for {span(oldest_unseen)}."
        troubles.append(
            fail(
                sentence,
                "Start a worker (ckan datapusher_plus worker), or see in its log why it cannot hand them over.",
            )
        )
    if oldest > LONG:
        sentence = f"Requests that wait for a worker to be free: {waiting:,}, the oldest for {span(oldest)}."
        troubles.append(warn(sentence, "Start more workers, or raise worker_limit."))
    return together(troubles, f"Requests waiting: {unseen + waiting:,}.")


def runs() -> Verdict:
    """Check that no run takes longer than it is allowed to."""
    # a worker that stops a run gives it `worker_grace` seconds to roll back
    allowed = settings.current().flow_timeout + settings.current().worker_grace + 60
    query = (
        sa.select(run.c.id, run.c.resource_id, _age(run.c.started_at).label("age"))
        .where(run.c.state == State.RUNNING.value)
        .order_by(run.c.started_at)
    )
    with ckan_database.connected() as connection:
        found = connection.execute(query).all()
    late = [row for row in found if row.age > allowed]
    if late:
        oldest = f"run {late[0].id} of resource {late[0].resource_id} for {span(late[0].age)}"
        return fail(
            f"Runs that take longer than flow_timeout: {len(late)}, {oldest}.",
            "See that a worker runs; if one does, stop it and run: ckan datapusher_plus recover",
        )
    return ok(f"Runs going on: {len(found)}.")


def _count(
    connection: sa.Connection, which: sa.ColumnElement[bool], since: sa.ColumnElement[object]
) -> tuple[int, float]:
    """Return the number of due queued runs that match ``which``, and the seconds that the oldest has waited.

    :param since: SQL expression for the time from which a run waits.
    """
    other = run.alias()
    running = sa.exists().where(other.c.resource_id == run.c.resource_id, other.c.state == State.RUNNING.value)
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(_age(since)), 0.0))
    due = run.c.not_before.is_(None) | (run.c.not_before < sa.func.now())
    count, age = connection.execute(query.where(run.c.state == State.QUEUED.value, due, ~running, which)).one()
    return count, age


def _free_since() -> sa.ColumnElement[object]:
    """Return the SQL expression for the time from which a queued run was due.

    That is the latest of its request, its ``not_before`` and the end of the resource's last run.
    """
    earlier = run.alias()
    ended = sa.select(sa.func.max(earlier.c.finished_at)).where(earlier.c.resource_id == run.c.resource_id)
    return sa.func.greatest(run.c.requested_at, run.c.not_before, ended.scalar_subquery())


def _age(since: sa.ColumnElement[object]) -> sa.ColumnElement[float]:
    return sa.cast(sa.extract("epoch", sa.func.now() - since), sa.Float)
