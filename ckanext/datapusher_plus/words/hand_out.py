"""Hand out the next column of the queue, after a look at its live comment, which is in another database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..core.dictionary.described import digest
from ..core.errors import IngestError
from ..datastore import comments
from ..model.database import transaction
from . import probes, queue, registry
from .probes import Asked

#: How often a column turns out to be described already, or gone, before nothing is handed out.
MOST_CHANGED = 5
#: How many columns may be refused by CKAN's authorization in one call; each is then skipped for a day.
MOST_REFUSED = 50

_DAYS_REFUSED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """A column for a user."""

    column: registry.Column
    #: its raw comment now
    comment: str | None
    #: None when it was not claimed
    claimed_until: datetime | None


def next_column(asked: Asked, may_edit: Callable[[str], bool], *, claim: bool = True) -> HandedOut | None:
    """Return the next column for a user, and claim it; None when there is none.

    The queue's row says what the column was like when it was read last. If its comment is another one now, or the
    column is gone, the resource is read anew and the next column is tried.

    :param may_edit: CKAN's decision if the user may edit the resource.
    :raises IngestError: when the datastore does not answer; the column is not claimed then.
    """
    besides: list[int] = []
    changed = refused = 0
    while changed < MOST_CHANGED and refused < MOST_REFUSED:
        taken = _take(asked, besides, claim=claim)
        if taken is None:
            return None
        column, said, until = taken
        if not may_edit(column.resource_id):
            queue.skip(column.id, asked.user_id, days=_DAYS_REFUSED)
            besides.append(column.id)
            refused += 1
            continue
        try:
            live = comments.of_name(column.name, [column.resource_id])
            if column.resource_id in live and digest(live[column.resource_id]) == said:
                return HandedOut(column=column, comment=live[column.resource_id], claimed_until=until)
            queue.release(column.id, asked.user_id)
            registry.refresh(column.resource_id)
        except IngestError:
            queue.release(column.id, asked.user_id)
            raise
        changed += 1
    return None


def _take(
    asked: Asked, besides: list[int], *, claim: bool
) -> tuple[registry.Column, bytes | None, datetime | None] | None:
    with transaction() as connection:
        best = probes.best(connection, asked, besides)
        if best is None:
            return None
        until = queue.claim(connection, best.column_id, asked.user_id) if claim else None
        column, said = registry.seen(connection, best.column_id)
    return column, said, until
