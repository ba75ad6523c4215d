"""Cancel a run on request: a queued one ends at once, a running one is stopped by its worker."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..core.message import say
from ..core.states import State
from ..model import log as log_table
from ..model import run
from . import database, task_status
from .asker import Asker
from .request import notify
from .texts import line_of, texts

BEFORE_IT_BEGAN = say("The request was cancelled before the load began.")


class NothingToCancel(Exception):
    """The run has ended, or there is none."""


def cancel(resource_id: str, run_id: str, who: Asker) -> State:
    """Cancel an open run of the resource.

    :returns: CANCELLED for a run that was queued and has ended now; RUNNING for one that its worker will stop.
    :raises NothingToCancel: when the resource has no such run, or it has ended.
    """
    same = (run.c.id == run_id) & (run.c.resource_id == resource_id)
    with database.transaction() as connection:
        if _end_queued(connection, same):
            task_status.show(connection, resource_id)
        elif not _ask(connection, same, who):
            raise NothingToCancel
        else:
            _write(connection, run_id, say("{user} asked to cancel this load.", user=_name(who)))
            notify(connection, resource_id)
            return State.RUNNING
        _write(connection, run_id, say("{user} cancelled this request before the load began.", user=_name(who)))
        notify(connection, resource_id)
    return State.CANCELLED


def _end_queued(connection: sa.Connection, same: sa.ColumnElement[bool]) -> bool:
    """End a queued run; a worker that claims it at the same time waits for this, and then finds it ended."""
    ended = {
        "state": State.CANCELLED.value,
        **texts(BEFORE_IT_BEGAN),
        "error": {"message": BEFORE_IT_BEGAN, "kind": State.CANCELLED.value, "public": BEFORE_IT_BEGAN},
        "finished_at": database.clock(),
    }
    return bool(
        connection.execute(sa.update(run).where(same, run.c.state == State.QUEUED.value).values(ended)).rowcount
    )


def _ask(connection: sa.Connection, same: sa.ColumnElement[bool], who: Asker) -> bool:
    asked = {"cancel_asked_at": database.clock(), "cancel_asked_by": who.name}
    wanted = sa.update(run).where(same, run.c.state == State.RUNNING.value).values(asked)
    return bool(connection.execute(wanted).rowcount)


def _write(connection: sa.Connection, run_id: str, message: str) -> None:
    line = {"run_id": run_id, "at": database.now(), "level": "INFO", **line_of(message)}
    connection.execute(sa.insert(log_table).values(line))


def _name(who: Asker) -> str:
    return who.name or say("Somebody")


def is_asked(run_id: str) -> bool:
    """Return whether somebody asked in CKAN to cancel the run; False also if the database does not answer."""
    try:
        with database.transaction() as connection:
            found = connection.execute(sa.select(run.c.cancel_asked_at).where(run.c.id == run_id)).scalar()
    except SQLAlchemyError:
        return False
    return found is not None


def to_stop() -> dict[str, str | None]:
    """Return the running runs that somebody asked to cancel, by id, each with its flow run in Prefect."""
    wanted = sa.select(run.c.id, run.c.flow_run_id).where(
        run.c.state == State.RUNNING.value, run.c.cancel_asked_at.is_not(None)
    )
    with database.transaction() as connection:
        return {row.id: row.flow_run_id for row in connection.execute(wanted)}
