"""What to do about a resource's table after a run has died.

`recovery/restore.py` looks at the journal, the tables and the stash, asks `decide`, and carries out the answer. The
whole rule table is in ``tests/unit/test_recovery.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An open row of the journal: how far a run got with the live table."""

    id: int
    resource_id: str
    run_id: str
    #: swap, replace or undo
    strategy: str
    #: stashed (nothing is changed yet) or destructive (the tables have been exchanged)
    phase: str
    #: OID of the table that the run put in place; None before that
    new_oid: int | None
    #: table that the old one was renamed to; None when there was none, and under ``replace``
    parked: str | None
    #: everything about the old table except its rows (``swap_record.SwapRecord`` as JSON); None when there was none
    was: dict[str, Any] | None


class Live(Enum):
    """Which table has the resource's name."""

    NONE = "none"
    #: the one from before the run
    OLD = "old"
    #: the one that the run put in place
    NEW = "new"
    #: one that somebody else has made since
    OTHERS = "others"


class Stashed(Enum):
    """Whether the stash can replace a missing table."""

    #: there is no stash, or it has no columns, or it was not looked up
    NONE = "none"
    #: it exists, but cannot be read from the disk
    UNREADABLE = "unreadable"
    #: its run was committed, so somebody has removed the table on purpose
    COMMITTED = "committed"
    USABLE = "usable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What exists besides the journal's entry."""

    live: Live
    #: whether the old table still exists under its parked name
    parked: bool = False
    #: whether the live table has rows; look this up only if ``rows_matter``
    rows: bool = False
    #: whether there is a record of the old table: in the journal's entry or, without one, in the parked table's comment
    record: bool = False
    stash: Stashed = Stashed.NONE


class Action(Enum):
    """What to do about the live table."""

    #: leave everything as it is
    NOTHING = "nothing"
    #: give the parked table its name again, in place of the new one
    PUT_BACK = "put back"
    #: replace what is left by an empty table that has everything that the old one had except its rows
    MAKE_EMPTY = "make empty"
    #: drop the table of a first load that did not end
    TAKE_AWAY = "take away"
    #: keep the new table, because it has rows
    KEEP_NEW = "keep new"
    #: keep the table that somebody else has made, and drop the parked one
    KEEP_OTHERS = "keep others"
    #: make a missing table again, empty, from the stash
    MAKE_FROM_STASH = "make from stash"
    #: warn of a parked table that the journal does not know; a person decides
    REPORT_PARKED = "report parked"
    #: change nothing and fail: the parked table has no record, so what belongs to it is unknown
    REFUSE = "refuse"


def which(entry: Entry | None, oid: int | None) -> Live:
    """Return which table has the resource's name now.

    :param oid: OID of that table, None when there is none.
    """
    if oid is None:
        return Live.NONE
    if entry is None or entry.new_oid is None:
        return Live.OLD
    # the journal does not know the old table's OID: one that a person renamed back counts as somebody else's
    return Live.NEW if oid == entry.new_oid else Live.OTHERS


def decide(entry: Entry | None, found: Found) -> Action:
    """Return what to do. The journal's entry is considered first, then what exists."""
    if entry is None:
        return _without_entry(found)
    if entry.phase == "stashed":
        return Action.NOTHING
    if found.live in (Live.OLD, Live.OTHERS):
        return Action.KEEP_OTHERS
    if found.parked:
        return Action.PUT_BACK if found.record else Action.REFUSE
    # Rows are never given up for an empty table. Only the table of a first load by swap is dropped with its rows: the
    # run did not end, and no older rows are lost.
    may_stay = found.record or entry.strategy in ("replace", "undo")
    if found.live is Live.NEW and found.rows and may_stay:
        return Action.KEEP_NEW
    return Action.MAKE_EMPTY if found.record else Action.TAKE_AWAY


def rows_matter(entry: Entry | None, found: Found) -> bool:
    """Return whether the action depends on rows in the live table; to check that takes time and a lock."""
    return decide(entry, replace(found, rows=True)) is not decide(entry, replace(found, rows=False))


def _without_entry(found: Found) -> Action:
    missing = found.live is Live.NONE
    if found.parked:
        return Action.PUT_BACK if missing and found.record else Action.REPORT_PARKED
    return Action.MAKE_FROM_STASH if missing and found.stash is Stashed.USABLE else Action.NOTHING
