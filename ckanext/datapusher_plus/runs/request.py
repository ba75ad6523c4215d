"""Asking for a resource to be loaded: one queued row a resource, however many ask."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import SQLAlchemyError

from ..core.states import State
from ..model import CHANNEL, run
from . import database, task_status


def request(
    connection: sa.Connection,
    resource_id: str,
    *,
    cause: str,
    ignore_hash: bool = False,
    dry_run: bool = False,
    bulk: bool = False,
) -> str:
    """Queue a run of the resource, or join the one that is queued already, and return its id.

    All is written on the caller's connection, so it becomes true with the caller's commit or not at all, and the
    worker hears of it no sooner.

    :param bulk: a command asks; the run waits for those that people ask for.
    :raises sqlalchemy.exc.SQLAlchemyError: when it could not be written, for instance before `ckan db upgrade`.
    """
    row = insert(run).values(
        id=str(uuid.uuid4()),
        resource_id=resource_id,
        state=State.QUEUED.value,
        cause=cause,
        ignore_hash=ignore_hash,
        dry_run=dry_run,
        bulk=bulk,
        # the web server's clock, which wrote the file's `last_modified` a moment ago; now() is when the upload began
        requested_at=database.now(),
    )
    # The newest file wins, because a run reads the resource when it begins; the most thorough request wins too. A retry
    # that waits becomes a request of its own, with all its tries before it.
    joined = {
        "cause": row.excluded.cause,
        "ignore_hash": run.c.ignore_hash | row.excluded.ignore_hash,
        "dry_run": run.c.dry_run & row.excluded.dry_run,
        "bulk": run.c.bulk & row.excluded.bulk,
        # what waits in Prefect's queue for commands is handed over again, to the queue before it
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


def request_now(resource_id: str, *, cause: str) -> str:
    """Queue a run in a transaction of its own."""
    with database.transaction() as connection:
        return request(connection, resource_id, cause=cause)


def one_queued(row: Insert, joined: Mapping[str, Any]) -> Insert:
    """Insert a queued run, or change the one that the resource has already to ``joined``."""
    queued = run.c.state == sa.literal_column(f"'{State.QUEUED.value}'")
    return row.on_conflict_do_update(index_elements=[run.c.resource_id], index_where=queued, set_=joined)


def asked_by_command() -> bool:
    """Return whether this runs in a ``ckan …`` command, such as ``submit`` or a harvester's, not in a web request."""
    command = click.get_current_context(silent=True)
    # `ckan run` is a web server
    return command is not None and command.info_name != "run"


def would_change_nothing(
    connection: sa.Connection, resource_id: str, *, ignore_hash: bool = False, bulk: bool = False
) -> bool:
    """Tell whether a queued run of the resource does all that such a request could ask for."""
    covering = sa.select(run.c.id).where(
        run.c.resource_id == resource_id,
        run.c.state == State.QUEUED.value,
        run.c.ignore_hash | (sa.literal(not ignore_hash)),
        ~run.c.dry_run,
        # a person's request moves a command's forward
        ~run.c.bulk | sa.literal(bulk),
        # a retry may have to wait, and has used up tries
        run.c.tries == 1,
    )
    return connection.execute(covering).first() is not None


def wake() -> None:
    """Have the dispatchers look for runs to hand over; when the database is away they do so by themselves later."""
    with suppress(SQLAlchemyError), database.transaction() as connection:
        notify(connection, "")


def notify(connection: sa.Connection, resource_id: str) -> None:
    """Have PostgreSQL wake the dispatcher once the transaction is committed."""
    connection.execute(sa.select(sa.func.pg_notify(CHANNEL, resource_id)))
