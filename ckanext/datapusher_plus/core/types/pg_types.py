"""The PostgreSQL types that a column can be loaded as: which columns certainly fit, and which single values do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..values import ColumnProfile
from .column_kind import Hints, Kind, Reading, takes_all
from .notations import (
    COMMAS,
    DAY_FIRST,
    DAYS,
    ISO,
    MONTH_FIRST,
    NUMBERS,
    PLAIN,
    POINTS,
    YEAR_FIRST,
    Days,
    Notation,
)
from .notations import Numbers as NumberNotation
from .patterns import LENIENT_FLOAT, LENIENT_TRUTH, SMALL_INTEGER, Form

#: not a type, but the smallest integer type that holds the column
SMARTINT = "smartint"
#: a number without exponent of at most so many characters is neither too large for float8 nor too close to zero
_FLOAT_LENGTH = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class PgType:
    """One PostgreSQL type that a column can be loaded as."""

    #: kinds of columns whose values the type takes, unless a value is too large
    takes: frozenset[Kind]
    #: notations that it can be cast from; of two that take equally many values, the first is used
    notations: tuple[Notation, ...]
    #: returns the forms that it takes from a column in a given notation
    accepts: Callable[[Notation], tuple[Form, ...]]


def _any_number(notation: Notation) -> tuple[Form, ...]:
    return (notation.lenient,) if isinstance(notation, NumberNotation) else ()


def _any_integer(notation: Notation) -> tuple[Form, ...]:
    return (notation.lenient_whole,) if isinstance(notation, NumberNotation) else ()


def _any_time(notation: Notation) -> tuple[Form, ...]:
    # the SQL of every notation leaves ISO 8601 as it is
    return tuple(dict.fromkeys((*ISO.forms, *notation.forms)))


def _any_date(notation: Notation) -> tuple[Form, ...]:
    given = (notation.date, notation.midnight) if isinstance(notation, Days) else ()
    return tuple(dict.fromkeys((ISO.date, ISO.midnight, *given)))


_INTEGERS = frozenset({Kind.INTEGER, Kind.NULL})
_NUMBERS = frozenset({Kind.INTEGER, Kind.FLOAT, Kind.NULL})
#: other names that PostgreSQL has for these types
ALIASES: Mapping[str, str] = {
    "integer": "int4",
    "int": "int4",
    "bigint": "int8",
    "double precision": "float8",
    "float": "float8",
    "decimal": "numeric",
    "boolean": "bool",
    "timestamp without time zone": "timestamp",
}
PG_TYPES: Mapping[str, PgType | None] = {
    "text": None,
    "numeric": PgType(takes=_NUMBERS, notations=(PLAIN, *NUMBERS), accepts=_any_number),
    "int4": PgType(takes=_INTEGERS, notations=(PLAIN,), accepts=lambda _: (SMALL_INTEGER,)),
    "int8": PgType(takes=_INTEGERS, notations=(PLAIN, *NUMBERS), accepts=_any_integer),
    "float8": PgType(takes=_NUMBERS, notations=(PLAIN,), accepts=lambda _: (LENIENT_FLOAT,)),
    "timestamp": PgType(
        takes=frozenset({Kind.DATETIME, Kind.DATE, Kind.NULL}), notations=(ISO, *DAYS), accepts=_any_time
    ),
    "date": PgType(takes=frozenset({Kind.DATE, Kind.NULL}), notations=(ISO, *DAYS), accepts=_any_date),
    "bool": PgType(takes=frozenset({Kind.BOOLEAN, Kind.NULL}), notations=(PLAIN,), accepts=lambda _: (LENIENT_TRUTH,)),
}


def size_questions(profile: ColumnProfile, reading: Reading, pg_type: str) -> tuple[Form, ...]:
    """Return the forms to count to find out whether the column's numbers are small enough for the type."""
    if reading.notation is not PLAIN:
        return ()
    if reading.kind is Kind.INTEGER and pg_type in ("int4", SMARTINT):
        return () if _is_certain_int4(profile) else (SMALL_INTEGER,)
    if reading.kind is Kind.FLOAT and pg_type == "float8":
        return () if _is_certain_float8(profile) else (LENIENT_FLOAT,)
    return ()


def is_certain(profile: ColumnProfile, reading: Reading, pg_type: str) -> bool:
    """Return whether the type is known to take every value of the column."""
    known = PG_TYPES[pg_type]
    if known is None or profile.values == 0:
        return True
    if reading.kind not in known.takes:
        return False
    if pg_type == "int4":
        return reading.notation is PLAIN and _is_certain_int4(profile)
    if pg_type == "int8":
        # an integer that the file itself declares may be longer than 18 digits
        return reading.notation is not PLAIN or profile.integers == profile.present
    return pg_type != "float8" or reading.notation is not PLAIN or _is_certain_float8(profile)


def best_notation(profile: ColumnProfile, pg_type: PgType, hints: Hints) -> Notation:
    """Return the notation in which the type takes the largest number of the column's values."""
    scores = {n.name: _score(profile, pg_type, n) for n in pg_type.notations}
    most = max(scores.values())
    best = [notation for notation in pg_type.notations if scores[notation.name] == most]
    if COMMAS in best and POINTS in best and PLAIN not in best:
        # not guessed: the two readings differ by a factor of a thousand
        return {",": POINTS, ".": COMMAS}.get(hints.decimal, PLAIN)
    if best[0] is DAY_FIRST and MONTH_FIRST in best:
        return DAY_FIRST if hints.prefers_day_first else MONTH_FIRST
    return best[0]


def _score(profile: ColumnProfile, pg_type: PgType, notation: Notation) -> int:
    # the forms of the year-first notation take all values of ISO 8601 and more, so ISO's are not counted as well
    among = notation.forms if notation is YEAR_FIRST else pg_type.accepts(notation)
    return sum(profile.counted.get(form.name, 0) for form in among)


def _is_certain_int4(profile: ColumnProfile) -> bool:
    return profile.integers == profile.present and (profile.max_length <= 9 or takes_all(profile, SMALL_INTEGER))


def _is_certain_float8(profile: ColumnProfile) -> bool:
    exponents = profile.exponents + profile.bare_exponents
    return (not exponents and profile.max_length <= _FLOAT_LENGTH) or takes_all(profile, LENIENT_FLOAT)
