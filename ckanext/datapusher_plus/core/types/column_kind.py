"""Decide what all values of a column are together: numbers, dates or text, and in which notation.

A column is more than text only when every one of its values is. Where two readings fit every value, the resource's
fields decide, then what the file's other columns prove. Dates that are still ambiguous follow the site's
``prefer_dmy``. Numbers that are still ambiguous stay text, because the two readings differ by a factor of a thousand,
unless the numbers of the whole file decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ..sums import Sums
from ..values import ColumnProfile
from . import thousands
from .notations import (
    COMMAS,
    DAY_FIRST,
    DAYS,
    ISO,
    MONTH_FIRST,
    NUMBERS,
    PLAIN,
    POINTS,
    Days,
    Notation,
    Numbers,
)
from .patterns import LENIENT_NUMBER, TRUTH_WORD, Form, take_all

#: most characters of a number: a longer one is not a measurement, and PostgreSQL's numeric has a limit, too
LONGEST_NUMBER = 500


class Kind(str, Enum):
    """What a file's column is; the values are the keys of ``type_mapping``."""

    STRING = "String"
    INTEGER = "Integer"
    FLOAT = "Float"
    DATETIME = "DateTime"
    DATE = "Date"
    BOOLEAN = "Boolean"
    NULL = "NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known about a file beyond one column: from its publisher, its other columns and the site's settings."""

    #: decimal separator, "," or "."; empty: unknown
    decimal: str = ""
    #: whether 1/2/2026 is in February; None: unknown
    day_first: bool | None = None
    prefer_dmy: bool = False
    #: only whole numbers with commas between thousands show that the decimal separator is a point
    by_thousands: bool = False
    #: names of the columns that are a sum, or a part of one
    summed: frozenset[str] = frozenset()

    @property
    def prefers_day_first(self) -> bool:
        """Return whether the day comes first in columns that do not show whether day or month does."""
        return self.prefer_dmy if self.day_first is None else self.day_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a column's values are interpreted."""

    kind: Kind
    #: how numbers and days are written
    notation: Notation = PLAIN
    #: every value fits another reading too, and only a default decided: for dates the site's, for numbers text
    doubtful: bool = False
    #: the times have a time zone, every one of them
    zoned: bool = False
    #: every value fits another reading too, and the numbers of the whole file decided
    by_file: bool = False


_TEXT = Reading(kind=Kind.STRING)
_NO_SUMS = Sums()


def questions(profile: ColumnProfile) -> tuple[Form, ...]:
    """Return the forms whose values must be counted before the column's kind can be decided."""
    if not profile.present or profile.declared == Kind.STRING:
        return ()
    if _plain_number(profile) and profile.integers < profile.present:
        return _suited(profile, POINTS)
    if _iso(profile) or profile.integers == profile.present:
        return ()
    asked = [form for notation in (*NUMBERS, *DAYS) for form in _suited(profile, notation)]
    if COMMAS.whole in asked and POINTS.fraction in asked:
        asked.extend(thousands.FORMS)
    if take_all((TRUTH_WORD,), profile.samples):
        asked.append(TRUTH_WORD)
    if profile.declared in (Kind.INTEGER, Kind.FLOAT):
        asked.append(LENIENT_NUMBER)
    return tuple(asked)


def hints_of(
    profiles: Sequence[ColumnProfile],
    *,
    decimal: str,
    day_first: bool | None,
    prefer_dmy: bool,
    between_commas: bool = False,
    sums: Sums = _NO_SUMS,
) -> Hints:
    """Return what the publisher says, else what the unambiguous columns prove for the others.

    :param between_commas: whether the file's values are separated by commas, and quoted only where necessary.
    """
    proven = [_own_proof(profile) for profile in profiles]
    marks = {notation.decimal for notation in proven if isinstance(notation, Numbers)}
    orders = {notation is DAY_FIRST for notation in proven if notation in (DAY_FIRST, MONTH_FIRST)}
    decimal = decimal or (next(iter(marks)) if len(marks) == 1 else "")
    shown = sums.thousands or (between_commas and thousands.are_shown(profiles))
    by_thousands = not decimal and not marks and shown
    return Hints(
        decimal="." if by_thousands else decimal,
        day_first=day_first if day_first is not None else (orders.pop() if len(orders) == 1 else None),
        prefer_dmy=prefer_dmy,
        by_thousands=by_thousands,
        summed=sums.columns,
    )


def read(profile: ColumnProfile, hints: Hints) -> Reading:
    """Decide how all values of the column are read."""
    if profile.values == 0:
        return Reading(kind=Kind.NULL)
    if not profile.present or profile.declared == Kind.STRING:
        return _TEXT
    return _plain(profile, hints) or _iso(profile) or _number(profile, hints) or _day(profile, hints) or _other(profile)


def takes_all(profile: ColumnProfile, *forms: Form) -> bool:
    """Return whether the forms together take every value; no two of them may take the same value."""
    return profile.present == sum(profile.counted.get(form.name, 0) for form in forms)


def _suited(profile: ColumnProfile, notation: Notation) -> tuple[Form, ...]:
    """Return the notation's forms if they take every sample (one value of each sort in the column), else none."""
    return notation.forms if take_all(notation.forms, profile.samples) else ()


def _plain_number(profile: ColumnProfile) -> bool:
    # a value such as 1E5 may be a code, so it counts as a number only in a column that has other numbers, too
    bare = profile.bare_exponents if profile.bare_exponents < profile.present else 0
    numbers = profile.decimals + profile.exponents + bare
    return numbers == profile.present and profile.max_length <= LONGEST_NUMBER


def _plain(profile: ColumnProfile, hints: Hints) -> Reading | None:
    if profile.integers == profile.present:
        return Reading(kind=Kind.INTEGER)
    if not _plain_number(profile):
        return None
    if hints.decimal == "," and takes_all(profile, *POINTS.forms):
        return Reading(kind=Kind.INTEGER, notation=POINTS)
    return Reading(kind=Kind.FLOAT)


def _iso(profile: ColumnProfile) -> Reading | None:
    if profile.dates == profile.present:
        return Reading(kind=Kind.DATE, notation=ISO)
    one_clock = profile.zoned in (0, profile.present)
    if profile.dates + profile.timestamps == profile.present and one_clock:
        return Reading(kind=Kind.DATETIME, notation=ISO, zoned=profile.zoned > 0)
    return None


def _own_proof(profile: ColumnProfile) -> Notation | None:
    """Return the notation that the column's own values prove, None when they are ambiguous."""
    if not profile.present or profile.declared == Kind.STRING:
        return None
    if _plain_number(profile):
        proves = profile.integers < profile.present and not takes_all(profile, *POINTS.forms)
        return PLAIN if proves else None
    fitting = _fitting(profile, (*NUMBERS, *DAYS))
    if COMMAS in fitting and POINTS in fitting:
        return None
    if DAY_FIRST in fitting and MONTH_FIRST in fitting:
        return None
    return next((n for n in fitting if isinstance(n, Days) or _is_proven(profile, n)), None)


def _fitting(profile: ColumnProfile, notations: Sequence[Notation]) -> list[Notation]:
    return [notation for notation in notations if takes_all(profile, *notation.forms)]


def _is_proven(profile: ColumnProfile, notation: Numbers) -> bool:
    # 192.168.100.101 and 601 234 567 are not numbers: groups that only blanks or points separate prove nothing
    return notation.name in _GROUPS_ALONE or profile.counted.get(notation.fraction.name, 0) > 0


_GROUPS_ALONE = frozenset({COMMAS.name, NUMBERS[-1].name})


def _number(profile: ColumnProfile, hints: Hints) -> Reading | None:
    fitting = [n for n in _fitting(profile, NUMBERS) if isinstance(n, Numbers)]
    if COMMAS in fitting and POINTS in fitting:
        codes = hints.by_thousands and thousands.may_be_codes(profile) and profile.name not in hints.summed
        if not hints.decimal or codes:
            return Reading(kind=Kind.STRING, doubtful=True)
        number = _as_number(profile, POINTS if hints.decimal == "," else COMMAS)
        return replace(number, by_file=hints.by_thousands)
    for notation in fitting:
        if _is_proven(profile, notation) or (notation is POINTS and hints.decimal == ","):
            return _as_number(profile, notation)
    return None


def _as_number(profile: ColumnProfile, notation: Numbers) -> Reading:
    return Reading(kind=Kind.INTEGER if takes_all(profile, notation.whole) else Kind.FLOAT, notation=notation)


def _day(profile: ColumnProfile, hints: Hints) -> Reading | None:
    fitting = [n for n in _fitting(profile, DAYS) if isinstance(n, Days)]
    if not fitting:
        return None
    notation, doubtful = fitting[0], False
    if DAY_FIRST in fitting and MONTH_FIRST in fitting:
        doubtful = hints.day_first is None
        notation = DAY_FIRST if hints.prefers_day_first else MONTH_FIRST
    zoned = profile.counted.get(notation.zoned.name, 0)
    if zoned not in (0, profile.present):
        return None
    kind = Kind.DATE if takes_all(profile, notation.date) else Kind.DATETIME
    return Reading(kind=kind, notation=notation, doubtful=doubtful, zoned=zoned > 0)


def _other(profile: ColumnProfile) -> Reading:
    if takes_all(profile, TRUTH_WORD):
        return Reading(kind=Kind.BOOLEAN)
    if profile.declared in (Kind.INTEGER, Kind.FLOAT) and takes_all(profile, LENIENT_NUMBER):
        return Reading(kind=Kind(profile.declared))
    return _TEXT
