"""What a resource's table shows, compared with the file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from .states import GOOD, State

#: A file's time is that of a web server, a load's time that of the database; their clocks may differ.
_CLOCKS = timedelta(minutes=5)

#: Causes of a run that mean another file, and not the same one again.
NEW_FILE = frozenset({"upload", "url"})

#: Cause of a run that has brought the table from before the last load back.
UNDO = "undo"


class Standing(str, Enum):
    """How a table stands to the file beside it."""

    #: there is no table that a file was loaded into
    NO_TABLE = "no_table"
    #: as far as is known, the table shows the file
    SAME = "same"
    #: a newer file is being loaded, or waits for a worker
    LOADING = "loading"
    #: a newer file could not be loaded
    FAILED = "failed"
    #: the file was to be loaded again and could not be; it may be a newer one
    NOT_SINCE = "not_since"
    #: the file waits until a person has looked at it
    WAITING = "waiting"
    #: a person has decided that the file is not loaded
    REJECTED = "rejected"
    #: the load of a newer file was cancelled
    CANCELLED = "cancelled"
    #: a newer file has no rows
    EMPTY = "empty"
    #: a newer file was loaded, and somebody has undone that
    UNDONE = "undone"
    #: nobody has asked to load the newer file, for example because its format is not loaded
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known about a resource's runs and its file; dry runs do not count."""

    #: whether there is a table, and a load has made it
    has_table: bool
    #: end of the load whose rows are in the table; None: not known any more
    loaded_at: datetime | None = None
    #: whether a later load was undone
    is_undone: bool = False
    #: end of the last run after which the table was like the file: that load, or a later look at the same file
    same_at: datetime | None = None
    #: state of the last run that ended
    ended: State | None = None
    #: whether that run found a file without rows
    found_nothing: bool = False
    #: whether a run of another file was asked for since ``same_at``
    asked_for_new_file: bool = False
    #: whether such a run, or any other, waits or is running
    is_open: bool = False
    #: when the file was uploaded; None for a link
    uploaded_at: datetime | None = None


def compare(known: Known) -> Standing:
    """Return how a table stands to the file beside it."""
    if not known.has_table:
        return Standing.NO_TABLE
    if known.is_open and known.asked_for_new_file:
        return Standing.LOADING
    if known.ended is None or known.ended in GOOD:
        return Standing.EMPTY if known.found_nothing else _of_good_end(known)
    if known.ended is State.ERROR:
        return Standing.FAILED if known.asked_for_new_file else Standing.NOT_SINCE
    if known.ended is State.CANCELLED:
        return Standing.CANCELLED if known.asked_for_new_file else Standing.SAME
    return Standing.REJECTED if known.ended is State.REJECTED else Standing.WAITING


def _of_good_end(known: Known) -> Standing:
    if known.is_undone:
        return Standing.UNDONE
    same_at = known.same_at or known.loaded_at
    is_newer = known.uploaded_at is not None and same_at is not None and known.uploaded_at > same_at + _CLOCKS
    return Standing.NOT_ASKED if is_newer else Standing.SAME
