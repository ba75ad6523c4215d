"""Hand out the next column of the queue, after a look at its live comment, which is in another database.

CKAN's database is asked in one transaction, which finds the column, claims it and reads what the screen shows of it.
CKAN's authorization and the datastore come after its end, so that no lock is held while others are asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..core.dictionary.described import digest
from ..core.errors import IngestError
from ..model.database import transaction
from . import permissions, probes, queue, registry, screen
from .probes import Asked
from .screen import Shown, StatisticsOf, Stored

#: How often a column turns out to be described already, or gone, before nothing is handed out.
MOST_CHANGED = 5
#: How many columns may be refused by CKAN's authorization in one call; each is then skipped for a day.
MOST_REFUSED = 50

_DAYS_REFUSED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who asks for a column, and where it may be."""

    user_id: str
    sysadmin: bool
    #: id of the only organization, or dataset, whose columns are wanted
    organization: str | None = None
    package: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """A column for a user."""

    shown: Shown
    #: None when it was not claimed
    claimed_until: datetime | None


def next_column(
    wanted: Wanted, may_edit: Callable[[str], bool], statistics_of: StatisticsOf, *, claim: bool = True
) -> HandedOut | None:
    """Return the next column for a user, and claim it; None when there is none.

    The queue's row says what the column was like when it was read last. If its comment is another one now, or the
    column is gone, the resource is read anew and the next column is tried.

    :param may_edit: CKAN's decision if the user may edit the resource.
    :raises IngestError: when the datastore does not answer; the column is not claimed then.
    """
    besides: list[int] = []
    changed = refused = 0
    while changed < MOST_CHANGED and refused < MOST_REFUSED:
        taken = _take(wanted, besides, statistics_of, claim=claim)
        if taken is None:
            return None
        stored, until = taken
        column = stored.column
        if not may_edit(column.resource_id):
            queue.skip(column.id, wanted.user_id, days=_DAYS_REFUSED)
            besides.append(column.id)
            refused += 1
            continue
        try:
            live = screen.live_comments(stored)
            if column.resource_id in live and digest(live[column.resource_id]) == stored.said:
                return HandedOut(shown=screen.shown(stored, live), claimed_until=until)
            queue.release(column.id, wanted.user_id)
            registry.refresh(column.resource_id)
        except IngestError:
            queue.release(column.id, wanted.user_id)
            raise
        changed += 1
    return None


def _take(
    wanted: Wanted, besides: list[int], statistics_of: StatisticsOf, *, claim: bool
) -> tuple[Stored, datetime | None] | None:
    with transaction() as connection:
        scope = permissions.of_user(connection, wanted.user_id, sysadmin=wanted.sysadmin)
        where = {"organization": wanted.organization, "package": wanted.package}
        best = probes.best(connection, Asked(user_id=wanted.user_id, scope=scope, **where), besides)
        if best is None:
            return None
        until = queue.claim(connection, best.column_id, wanted.user_id) if claim else None
        return screen.of_column(connection, best.column_id, scope, statistics_of), until
