"""Request the load of a resource: at most one queued run per resource, however many requests there are."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import SQLAlchemyError

from ..core.states import State
from ..model import CHANNEL, run
from . import database, task_status
from .asker import Asker, asker


def request(
    connection: sa.Connection,
    resource_id: str,
    *,
    cause: str,
    ignore_hash: bool = False,
    dry_run: bool = False,
    bulk: bool = False,
    undo: bool = False,
    who: Asker | None = None,
) -> str:
    """Queue a run of the resource, or merge the request into the run that is queued already.

    Everything is written on the caller's connection: it takes effect with the caller's commit or not at all, and the
    worker is not notified before that.

    :param bulk: the request comes from a command; its run comes after those that people request.
    :param undo: bring the table before the last load back, instead of loading the file.
    :param who: who requests it, if not the caller of this code.
    :returns: the id of the queued run.
    :raises sqlalchemy.exc.SQLAlchemyError: when it cannot be written, for example before `ckan db upgrade`.
    """
    who = who or asker()
    row = insert(run).values(
        id=str(uuid.uuid4()),
        resource_id=resource_id,
        state=State.QUEUED.value,
        cause=cause,
        asked_by=who.name,
        asked_via=who.via,
        ignore_hash=ignore_hash,
        dry_run=dry_run,
        bulk=bulk,
        undo=undo,
        # The web server's clock, which also wrote the file's `last_modified` a moment ago; PostgreSQL's now() would be
        # the start of the transaction, when the upload began.
        requested_at=database.now(),
    )
    # The newest file is loaded, because a run reads the resource when it begins. Of the options the most thorough wins.
    # A queued retry becomes a new request, with all its tries left.
    joined = {
        "cause": row.excluded.cause,
        "asked_by": row.excluded.asked_by,
        "asked_via": row.excluded.asked_via,
        "ignore_hash": run.c.ignore_hash | row.excluded.ignore_hash,
        "dry_run": run.c.dry_run & row.excluded.dry_run,
        "bulk": run.c.bulk & row.excluded.bulk,
        # a file that is uploaded after that takes the place of an undo
        "undo": row.excluded.undo,
        # a run in Prefect's work queue for commands is handed over again, to the queue of higher priority
        "dispatched_at": sa.case((run.c.bulk & ~row.excluded.bulk, None), else_=run.c.dispatched_at),
        "tries": 1,
        "retry_of": None,
        "not_before": None,
        "message": None,
    }
    run_id: str = connection.execute(one_queued(row, joined).returning(run.c.id)).scalar_one()
    task_status.show(connection, resource_id)
    notify(connection, resource_id)
    return run_id


def request_now(resource_id: str, *, cause: str, who: Asker | None = None) -> str:
    """Queue a run in a new transaction, and return its id."""
    with database.transaction() as connection:
        return request(connection, resource_id, cause=cause, who=who)


def one_queued(row: Insert, joined: Mapping[str, Any]) -> Insert:
    """Return the statement that inserts a queued run, or updates the resource's queued run with ``joined``."""
    queued = run.c.state == sa.literal_column(f"'{State.QUEUED.value}'")
    return row.on_conflict_do_update(index_elements=[run.c.resource_id], index_where=queued, set_=joined)


def would_change_nothing(
    connection: sa.Connection,
    resource_id: str,
    *,
    ignore_hash: bool = False,
    dry_run: bool = False,
    bulk: bool = False,
) -> bool:
    """Return whether a queued run of the resource already covers such a request.

    A dry run changes no load or undo that waits already: it would only make that another one.
    """
    same = sa.and_(
        run.c.ignore_hash | (sa.literal(not ignore_hash)),
        ~run.c.undo,
        # the request of a person gives the queued run of a command its higher priority
        ~run.c.bulk | sa.literal(bulk),
        # a retry may have to wait for its time, and has fewer tries left
        run.c.tries == 1,
    )
    covering = sa.select(run.c.id).where(
        run.c.resource_id == resource_id,
        run.c.state == State.QUEUED.value,
        ~run.c.dry_run,
        sa.literal(dry_run) | same,
    )
    return connection.execute(covering).first() is not None


def wake() -> None:
    """Notify the dispatchers to look for due runs; if the database is not reachable, they look automatically later."""
    with suppress(SQLAlchemyError), database.transaction() as connection:
        notify(connection, "")


def notify(connection: sa.Connection, resource_id: str) -> None:
    """Send the dispatchers a PostgreSQL notification, which is delivered when the transaction commits."""
    connection.execute(sa.select(sa.func.pg_notify(CHANNEL, resource_id)))
