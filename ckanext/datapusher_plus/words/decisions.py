"""What people decide about drafts: votes, rejections, and which entry was taken from which draft."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from ..core.drafts.model import Kind, State
from ..model.database import transaction
from ..model.words import accepted, annotation
from . import queue

#: Key of the evidence with the reason for which a draft was rejected, and by whom.
REJECTED = "rejected"


class NotOpen(ValueError):
    """Somebody has decided about the draft already, or it does not exist."""


def open_draft(connection: sa.Connection, annotation_id: int) -> Any:
    """Lock a draft's column and return its row.

    :raises NotOpen: when it was decided about meanwhile, or is not there.
    """
    row = _locked(connection, annotation_id)
    if row is None or row["state"] != State.OPEN.value:
        raise NotOpen(row["state"] if row else "")
    return row


_LOCKED = sa.text(f"""{queue.LOCK_OF_DRAFT}
SELECT column_id, kind, state, evidence FROM datapusher_plus_annotation WHERE id = :draft
""").columns(evidence=JSONB)  # noqa: S608 (constants)


def _locked(connection: sa.Connection, annotation_id: int) -> Any:
    """Lock a draft's column, and return the draft's row, None when it is not there."""
    return connection.execute(_LOCKED, {"draft": annotation_id}).mappings().one_or_none()


def mark_accepted(connection: sa.Connection, annotation_id: int, *, user_id: str) -> None:
    """Record that an entry was taken from a draft; other open drafts of the entry are superseded by it.

    The entry is written already, so this is recorded whatever was decided about the draft meanwhile. A draft that is
    not there any more is left out.
    """
    row = _locked(connection, annotation_id)
    if row is None:
        return
    is_open = (annotation.c.column_id == row["column_id"], annotation.c.state == State.OPEN.value)
    same = (annotation.c.id != annotation_id, annotation.c.kind == row["kind"])
    entry = {"annotation_id": annotation_id, "user_id": user_id, "at": sa.func.now()}
    added = insert(accepted).values(column_id=row["column_id"], key=row["kind"], **entry)
    connection.execute(added.on_conflict_do_update(index_elements=["column_id", "key"], set_=entry))
    superseded = {"state": State.SUPERSEDED.value, "superseded_by": annotation_id}
    connection.execute(sa.update(annotation).where(*is_open, *same).values(superseded))
    if row["kind"] == Kind.PII.value:
        # a code list of personal data must not be shown or used any more
        connection.execute(sa.delete(annotation).where(*is_open, annotation.c.kind == Kind.CODES.value))
    done = {"state": State.ACCEPTED.value, "superseded_by": None}
    connection.execute(sa.update(annotation).where(annotation.c.id == annotation_id).values(done))
    queue.recount(connection, [row["column_id"]])


def mark_used(column_id: int, ids: Collection[int], *, user_id: str) -> None:
    """Record that a column's description was made from open drafts; ids of other columns are left out."""
    found = sa.select(annotation.c.id).where(annotation.c.column_id == column_id, annotation.c.id.in_(list(ids)))
    with transaction() as connection:
        queue.lock(connection, [column_id])
        for annotation_id in connection.execute(found.where(annotation.c.state == State.OPEN.value)).scalars().all():
            mark_accepted(connection, annotation_id, user_id=user_id)


def reject(annotation_id: int, *, user: str, why: str = "") -> None:
    """Reject a draft; the same proposal of a later run is found, and not made anew.

    :raises NotOpen: when it was decided about meanwhile.
    """
    with transaction() as connection:
        row = open_draft(connection, annotation_id)
        evidence = {**row["evidence"], REJECTED: {"by": user, **({"why": why} if why else {})}}
        change = sa.update(annotation).where(annotation.c.id == annotation_id)
        connection.execute(change.values(state=State.REJECTED.value, evidence=evidence))
        queue.recount(connection, [row["column_id"]])


def vote(annotation_id: int, *, user_id: str, vote: int) -> tuple[int, int]:
    """Record a user's vote on an open draft in place of an earlier one, 0 for none; return the votes for and against.

    :raises NotOpen: when somebody has decided about the draft.
    """
    with transaction() as connection:
        given = queue.vote(connection, annotation_id, user_id=user_id, vote=vote)
    if given.state != State.OPEN.value:
        raise NotOpen(given.state or "")
    return given.votes_for, given.votes_against
