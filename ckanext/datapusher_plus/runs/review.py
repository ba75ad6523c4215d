"""Reviews of files with personal data: one row for each file, by its hash, so that an answer is for that file only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ..core.errors import RejectedInReview
from ..core.message import say
from ..core.personal_data.findings import Found, from_json, to_json
from ..core.states import State, sources_of
from ..model import review, run
from . import database, task_status
from .request import notify, request
from .texts import texts

#: Cause of the load of a file that somebody has approved.
CAUSE = "review"


class Answer(str, Enum):
    """What is known about a file; the value is stored in the database."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A file in which personal data was found, and what a person has decided."""

    resource_id: str
    file_hash: str
    run_id: str
    state: Answer
    found: tuple[Found, ...]
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class NothingToReview(Exception):
    """The resource's latest run does not wait for a review, or the answer was given already."""


_COLUMNS = [review.c[field.name] for field in fields(Review)]


def of_file(resource_id: str, file_hash: str) -> Review | None:
    """Return the review of a resource's file, or None."""
    return _first(sa.select(*_COLUMNS).where(review.c.resource_id == resource_id, review.c.file_hash == file_hash))


def of_run(run_id: str) -> Review | None:
    """Return the review because of which a run ended, or None."""
    return _first(sa.select(*_COLUMNS).where(review.c.run_id == run_id).order_by(review.c.asked_at.desc()).limit(1))


def ask(resource_id: str, file_hash: str, run_id: str, found: Sequence[Found]) -> None:
    """Record that a file waits for a review, in place of an earlier answer about it."""
    asked = {
        "run_id": run_id,
        "state": Answer.WAITING.value,
        "found": to_json(found),
        "asked_at": database.clock(),
        "decided_at": None,
        "decided_by": None,
        "note": None,
    }
    row = insert(review).values(resource_id=resource_id, file_hash=file_hash, **asked)
    with database.transaction() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["resource_id", "file_hash"], set_=asked))


def refer(known: Review, run_id: str) -> None:
    """Record that another run ended because of a review, so that its tab shows that."""
    same = (review.c.resource_id == known.resource_id) & (review.c.file_hash == known.file_hash)
    with database.transaction() as connection:
        connection.execute(sa.update(review).where(same).values(run_id=run_id))


def approve(resource_id: str, *, who: str, note: str) -> str:
    """Approve the file of the resource's latest run, queue a run that loads it, and return that run's id.

    A file that was rejected may be approved too.

    :raises NothingToReview: when that run is not one of a file that waits or was rejected.
    """
    with database.transaction() as connection:
        waits = _open(connection, resource_id)
        _answer(connection, waits, Answer.APPROVED, who, note)
        _move(
            connection,
            waits.run_id,
            State.SKIPPED,
            say("The file was approved by {who}, and a new run loads it.", who=who),
        )
        return request(connection, resource_id, cause=CAUSE)


def reject(resource_id: str, *, who: str, note: str) -> None:
    """Reject the file of the resource's latest run.

    :raises NothingToReview: when that run is not one of a file that waits.
    """
    with database.transaction() as connection:
        waits = _open(connection, resource_id)
        if waits.state is not Answer.WAITING:
            raise NothingToReview
        _answer(connection, waits, Answer.REJECTED, who, note)
        why = RejectedInReview(waits.found, who, note)
        error = {"message": why.message, "kind": RejectedInReview.__name__, "public": why.public}
        _move(connection, waits.run_id, State.REJECTED, why.message, error)
        task_status.show(connection, resource_id)
        notify(connection, resource_id)


def _open(connection: sa.Connection, resource_id: str) -> Review:
    """Return the review of the resource's latest run, locked, so that one answer is given at a time.

    :raises NothingToReview: when there is none, or a newer run exists.
    """
    newest = sa.select(run.c.id, run.c.state).where(run.c.resource_id == resource_id)
    latest = connection.execute(newest.order_by(*task_status.NEWEST_FIRST).limit(1).with_for_update()).first()
    if latest is None or latest.state not in (State.WAITING.value, State.REJECTED.value):
        raise NothingToReview
    found = sa.select(*_COLUMNS).where(review.c.resource_id == resource_id, review.c.run_id == latest.id)
    row = connection.execute(found.with_for_update()).mappings().first()
    if row is None or row["state"] == Answer.APPROVED.value:
        raise NothingToReview
    return _review(row)


def _answer(connection: sa.Connection, waits: Review, answer: Answer, who: str, note: str) -> None:
    same = (review.c.resource_id == waits.resource_id) & (review.c.file_hash == waits.file_hash)
    decided = {"state": answer.value, "decided_at": database.clock(), "decided_by": who, "note": note or None}
    connection.execute(sa.update(review).where(same).values(**decided))


def _move(
    connection: sa.Connection, run_id: str, state: State, message: str, error: dict[str, str] | None = None
) -> None:
    """Move a run that has ended to the state that the answer gives it."""
    allowed = [source.value for source in sources_of(state) - {State.RUNNING, State.QUEUED}]
    where = (run.c.id == run_id) & run.c.state.in_(allowed)
    connection.execute(sa.update(run).where(where).values(**texts(message), state=state.value, error=error))


def _first(query: sa.Select[Any]) -> Review | None:
    with database.transaction() as connection:
        row = connection.execute(query).mappings().first()
    return _review(row) if row else None


def _review(row: sa.RowMapping) -> Review:
    return Review(**{**row, "state": Answer(row["state"]), "found": from_json(row["found"])})
