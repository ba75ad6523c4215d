"""What a screening has found, and what follows from it. Findings have places and counts, and never a value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..message import Message, join, say, say_n
from .checks import believes
from .detectors import Detector

#: Most candidates of one column that a check looks at.
MOST_CHECKED = 1_000
#: Number of rows that a finding names, and the number with ``pii_show_candidates``.
SHOWN_ROWS, MORE_ROWS = 5, 100
#: With fewer candidates, one that passes the check is enough: chance explains none of so few.
_FEW = 20
#: Most findings that a sentence lists.
_MOST_LISTED = 10


class Mode(str, Enum):
    """What happens when personal data is found."""

    OFF = "off"
    #: load the file, and warn
    REPORT = "report"
    #: load nothing until somebody approves the file
    REVIEW = "review"
    #: load nothing
    ABORT = "abort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Personal data of one kind in one column."""

    #: name of the detector, or the label of a site's pattern
    detector: str
    #: name of the column in the table
    column: str
    #: number of values
    count: int
    #: the first rows below the header that have it, from 1
    first_rows: tuple[int, ...] = ()
    #: whether there may be more: only the first candidates were checked
    at_least: bool = False

    @property
    def clause(self) -> Message:
        """Return the finding as a part of a sentence."""
        rows = ", ".join(f"{row:,}" for row in self.first_rows[:SHOWN_ROWS])
        if self.count == 1:
            where = say("in row {rows}", rows=rows)
        elif len(self.first_rows) == 1:
            where = say("first in row {rows}", rows=rows)
        else:
            where = say("first in rows {rows}", rows=rows)
        return say(
            "{kind} in the column “{column}” ({number}, {where})",
            kind=kind(self.detector),
            column=self.column,
            number=_many(self.count, at_least=self.at_least),
            where=where,
        )


def _many(count: int, *, at_least: bool) -> Message:
    if at_least:
        return say_n("at least {n} value", "at least {n} values", count)
    return say_n("{n} value", "{n} values", count)


_KINDS = {
    "card": say("payment card numbers"),
    "email": say("e-mail addresses"),
    "iban": say("bank account numbers (IBAN)"),
    "phone": say("telephone numbers"),
    "ssn": say("US social security numbers"),
}


def kind(detector: str) -> Message:
    """Return what a detector finds, in words."""
    if detector.startswith("id-") and len(detector) == len("id-xx"):
        return say("identity numbers ({country})", country=detector[3:].upper())
    return _KINDS.get(detector) or say("“{name}”", name=detector)


def sentence(found: Sequence[Found]) -> Message:
    """Return the findings as a part of a sentence."""
    listed = join((each.clause for each in found[:_MOST_LISTED]), "; ")
    more = len(found) - _MOST_LISTED
    return say("{findings}; and {more} more", findings=listed, more=more) if more > 0 else listed


def judged(
    detector: Detector, column: str, count: int, first: Sequence[tuple[int, Sequence[str]]], shown: int = SHOWN_ROWS
) -> Found | None:
    """Return what the values of a column that match a detector's pattern amount to, or None.

    :param count: number of these values.
    :param first: (row, texts that match) of the first of them, at most ``MOST_CHECKED``.
    :param shown: number of rows to name.
    """
    rows = [row for row, texts in first if any(believes(detector.check, text) for text in texts)]
    if not rows or not _more_than_chance(len(rows), len(first), detector.chance):
        return None
    certain = not detector.check
    return Found(
        detector=detector.name,
        column=column,
        count=count if certain else len(rows),
        first_rows=tuple(rows[:shown]),
        at_least=not certain and count > len(first),
    )


def _more_than_chance(believed: int, checked: int, chance: float) -> bool:
    """Return whether more candidates pass the check than random digits would, so that codes are not taken for cards."""
    if chance == 1 or checked < _FEW:
        return True
    expected = checked * chance
    return believed > expected + 3 * math.sqrt(expected * (1 - chance))


def merged(found: Iterable[Found]) -> tuple[Found, ...]:
    """Return one finding for each column and kind; of identity numbers only the country that fits most values."""
    best: dict[tuple[str, str], Found] = {}
    for each in found:
        group = "id" if each.detector.startswith("id-") else each.detector
        known = best.setdefault((each.column, group), each)
        if each.count > known.count:
            best[each.column, group] = each
    return tuple(best.values())


def mode_of(given: str, *, screening: bool, abort: bool, threshold: int) -> Mode:
    """Return the mode: ``given``, else the one that DataPusher+'s options mean.

    :param threshold: ``pii_review_threshold``.
    """
    if given:
        return Mode(given)
    if not screening:
        return Mode.OFF
    if abort:
        return Mode.ABORT
    return Mode.REVIEW if threshold else Mode.REPORT


def consequence(mode: Mode, found: Sequence[Found], *, threshold: int, quick: bool) -> Mode:
    """Return what is done about the findings; ``Mode.OFF`` for nothing.

    :param threshold: as many values as this may be loaded without a review.
    :param quick: the search stopped at the first value, so their number is not known.
    """
    if not found:
        return Mode.OFF
    few = not quick and sum(each.count for each in found) <= threshold
    return Mode.REPORT if mode is Mode.REVIEW and few else mode


def is_covered(found: Iterable[Found], approved: Iterable[Found]) -> bool:
    """Return whether all findings are of kinds and columns that somebody has approved."""
    return {(each.detector, each.column) for each in found} <= {(each.detector, each.column) for each in approved}


def to_json(found: Iterable[Found]) -> list[dict[str, Any]]:
    """Return findings as JSON values, as they are stored and given to clients."""
    return [
        {
            "detector": each.detector,
            "column": each.column,
            "count": each.count,
            "first_rows": list(each.first_rows),
            "at_least": each.at_least,
        }
        for each in found
    ]


def from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Found, ...]:
    """Return findings as ``to_json`` wrote them."""
    return tuple(Found(**{**each, "first_rows": tuple(each["first_rows"])}) for each in stored)
