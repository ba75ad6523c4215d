"""Compare the datastore's tables with CKAN's resources: deleted resources, and the field ``datastore_active``."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from .. import dictionary_stash, portal
from ..datastore import catalog, connect
from ..portal import Presence, Standing

log = logging.getLogger(__name__)


class Wrong(str, Enum):
    """How a table and its resource do not match."""

    #: the resource is deleted, but its table or stash is still there
    LEFT = "left"
    #: CKAN's database has no such resource, and no load of this plugin is recorded: another program's or site's table
    STRANGE = "strange"
    #: a table without ``datastore_active``, which CKAN does not show
    HIDDEN = "hidden"
    #: ``datastore_active`` without a table
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A resource whose table does not match what CKAN says of it."""

    resource_id: str
    wrong: Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    standing: Standing
    table: bool
    stash: bool
    #: whether a run of the resource is recorded; ``settled``: one has loaded it, and none is open
    run: bool
    settled: bool


def mismatches(resource_ids: Iterable[str], runs: Mapping[str, bool]) -> list[Mismatch]:
    """Return the mismatches, in the order of the resources.

    A table is never judged by its name alone. A resource that CKAN does not know is a mismatch only if a run of it is
    recorded: a resource that is just being created is not committed yet, and a run is committed with its resource.

    :param runs: the resources that have runs, and whether one of them has loaded its file and none is open.
    """
    wanted = list(resource_ids)
    standings, stashed = portal.standings(wanted), _stashed()
    with connect.connect() as connection:
        tables = catalog.existing(connection, wanted)
    found = []
    for each in wanted:
        seen = _Seen(
            standing=standings[each],
            table=each in tables,
            stash=each in stashed,
            run=each in runs,
            settled=runs.get(each, False),
        )
        if wrong := _wrong(seen):
            found.append(Mismatch(resource_id=each, wrong=wrong))
    return found


def _wrong(seen: _Seen) -> Wrong | None:
    presence = seen.standing.presence
    if presence is Presence.ACTIVE:
        if not seen.settled or seen.table == seen.standing.flag:
            return None
        return Wrong.HIDDEN if seen.table else Wrong.MISSING
    # CKAN keeps the tables of a deleted dataset, because the dataset may be restored
    if presence is Presence.IN_TRASH or not (seen.table or seen.stash):
        return None
    if presence is Presence.DELETED or seen.run:
        return Wrong.LEFT
    return Wrong.STRANGE if seen.table else None


def _stashed() -> Collection[str]:
    try:
        return frozenset(dictionary_stash.pending())
    except OSError as error:
        log.error("It is unknown which Data Dictionaries are stashed: %s", error)  # noqa: TRY400
        return ()
