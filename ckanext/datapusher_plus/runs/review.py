"""Reviews of files: one row for each file, by its hash, so that an answer is for that file only.

A review is about the personal data in a file, or about what its load changes; then the row has the load's key too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ..core import difference
from ..core.difference import Difference
from ..core.errors import ChangesRejected, Held, RejectedInReview
from ..core.message import say
from ..core.personal_data.findings import Found, from_json, to_json
from ..core.states import State, sources_of
from ..model import HAS_LOADED, review, run
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
    """A file that a person must look at, and what was decided."""

    resource_id: str
    file_hash: str
    #: of the load whose changes are reviewed; empty: personal data is
    load_key: str
    run_id: str
    state: Answer
    found: tuple[Found, ...]
    #: what the load changes; None: personal data is reviewed
    difference: Difference | None
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class NothingToReview(Exception):
    """The resource's latest run does not wait for a review, or the answer was given already."""


_COLUMNS = [review.c[field.name] for field in fields(Review)]


def of_file(resource_id: str, file_hash: str, load_key: str = "") -> Review | None:
    """Return the review of the personal data in a file, or with a load key that of what its load changes, or None."""
    return _first(sa.select(*_COLUMNS).where(_is(resource_id, file_hash, load_key)))


def of_run(run_id: str) -> Review | None:
    """Return the review because of which a run ended, or None."""
    return _first(sa.select(*_COLUMNS).where(review.c.run_id == run_id).order_by(review.c.asked_at.desc()).limit(1))


def ask(resource_id: str, file_hash: str, run_id: str, found: Sequence[Found]) -> None:
    """Record that a file waits for a review, in place of an earlier answer about it."""
    _ask(resource_id, file_hash, "", run_id, found=to_json(found))


def ask_about_changes(resource_id: str, file_hash: str, load_key: str, run_id: str, changed: Difference) -> None:
    """Record that somebody must look at what a load changes, in place of an earlier answer about it."""
    _ask(resource_id, file_hash, load_key, run_id, found=[], difference=difference.to_json(changed))


def _ask(resource_id: str, file_hash: str, load_key: str, run_id: str, **about: Any) -> None:
    asked = {
        **about,
        "run_id": run_id,
        "state": Answer.WAITING.value,
        "asked_at": database.clock(),
        "decided_at": None,
        "decided_by": None,
        "note": None,
    }
    row = insert(review).values(resource_id=resource_id, file_hash=file_hash, load_key=load_key, **asked)
    key = ["resource_id", "file_hash", "load_key"]
    with database.transaction() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=key, set_=asked))


def refer(known: Review, run_id: str) -> None:
    """Record that another run ended because of a review, so that its tab shows that."""
    same = _is(known.resource_id, known.file_hash, known.load_key)
    with database.transaction() as connection:
        connection.execute(sa.update(review).where(same).values(run_id=run_id))


def is_used(known: Review) -> bool:
    """Return whether a file was loaded since the review was answered."""
    later = sa.select(run.c.id).where(
        run.c.resource_id == known.resource_id, HAS_LOADED, run.c.finished_at > known.decided_at
    )
    with database.transaction() as connection:
        return connection.execute(later.limit(1)).first() is not None


def is_about_changes(resource_id: str) -> bool:
    """Return whether the resource's latest review is about what a load changes."""
    latest = sa.select(*_COLUMNS).where(review.c.resource_id == resource_id).order_by(review.c.asked_at.desc())
    known = _first(latest.limit(1))
    return known is not None and known.difference is not None


def approve(resource_id: str, *, who: str, note: str, shown: str = "") -> str:
    """Approve the file of the resource's latest run, queue a run that loads it, and return that run's id.

    A file that was rejected may be approved too.

    :param shown: id of the run whose file was looked at; empty: the latest.
    :raises NothingToReview: when that run is not one of a file that waits or was rejected.
    """
    with database.transaction() as connection:
        waits = _open(connection, resource_id, shown)
        _answer(connection, waits, Answer.APPROVED, who, note)
        _move(
            connection,
            waits.run_id,
            State.SKIPPED,
            say("The file was approved by {who}, and a new run loads it.", who=who),
        )
        return request(connection, resource_id, cause=CAUSE)


def reject(resource_id: str, *, who: str, note: str, shown: str = "") -> None:
    """Reject the file of the resource's latest run.

    :param shown: as for `approve`.
    :raises NothingToReview: when that run is not one of a file that waits.
    """
    with database.transaction() as connection:
        waits = _open(connection, resource_id, shown)
        if waits.state is not Answer.WAITING:
            raise NothingToReview
        _answer(connection, waits, Answer.REJECTED, who, note)
        why: Held = ChangesRejected(who, note) if waits.difference else RejectedInReview(waits.found, who, note)
        error = {"message": why.message, "kind": type(why).__name__, "public": why.public}
        _move(connection, waits.run_id, State.REJECTED, why.message, error)
        task_status.show(connection, resource_id)
        notify(connection, resource_id)


def _open(connection: sa.Connection, resource_id: str, shown: str) -> Review:
    """Return the review of the resource's latest run, locked, so that one answer is given at a time.

    :param shown: id of the run that a person has seen, or empty.
    :raises NothingToReview: when there is none, or a newer run exists.
    """
    newest = sa.select(run.c.id, run.c.state).where(run.c.resource_id == resource_id)
    latest = connection.execute(newest.order_by(*task_status.LOADS_FIRST).limit(1).with_for_update()).first()
    if latest is None or latest.state not in (State.WAITING.value, State.REJECTED.value):
        raise NothingToReview
    if shown and shown != latest.id:
        raise NothingToReview
    found = sa.select(*_COLUMNS).where(review.c.resource_id == resource_id, review.c.run_id == latest.id)
    row = connection.execute(found.with_for_update()).mappings().first()
    if row is None or row["state"] == Answer.APPROVED.value:
        raise NothingToReview
    return _review(row)


def _answer(connection: sa.Connection, waits: Review, answer: Answer, who: str, note: str) -> None:
    same = _is(waits.resource_id, waits.file_hash, waits.load_key)
    decided = {"state": answer.value, "decided_at": database.clock(), "decided_by": who, "note": note or None}
    connection.execute(sa.update(review).where(same).values(**decided))


def _move(
    connection: sa.Connection, run_id: str, state: State, message: str, error: dict[str, str] | None = None
) -> None:
    """Move a run that has ended to the state that the answer gives it."""
    allowed = [source.value for source in sources_of(state) - {State.RUNNING, State.QUEUED}]
    where = (run.c.id == run_id) & run.c.state.in_(allowed)
    connection.execute(sa.update(run).where(where).values(**texts(message), state=state.value, error=error))


def _is(resource_id: str, file_hash: str, load_key: str) -> sa.ColumnElement[bool]:
    file = (review.c.resource_id == resource_id) & (review.c.file_hash == file_hash)
    return file & (review.c.load_key == load_key)


def _first(query: sa.Select[Any]) -> Review | None:
    with database.transaction() as connection:
        row = connection.execute(query).mappings().first()
    return _review(row) if row else None


def _review(row: sa.RowMapping) -> Review:
    changed = row["difference"] and difference.of_json(row["difference"])
    known = {**row, "state": Answer(row["state"]), "found": from_json(row["found"]), "difference": changed}
    return Review(**known)
