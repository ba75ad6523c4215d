"""What a number, a date or a time looks like in a file: one grammar for every engine, for the casts and for the tests.

Each pattern is a regular expression for a whole value that means the same in Python, RE2 (DuckDB) and other engines:
it has no look-around, and no ``\\d`` or ``\\s``, which differ between engines. *Strict* patterns decide what a column
is; they do not match codes (leading zeros, plus signs, many digits). *Lenient* patterns match what PostgreSQL accepts
when a person sets a column's type. PostgreSQL casts all values of these patterns directly; other notations are in
``notations``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

#: characters that may surround a value without being part of it
BLANKS = " \t\r\n"
_BLANKS = "[ \\t\\r\\n]*"
_WHOLE = "(?:0|[1-9][0-9]{0,17})"
_POINT = f"{_WHOLE}?\\.[0-9]+"
_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
# an offset can move a time into the next year in UTC, and Python's dates end with 9999
_INNER_YEAR = "(?:[1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
_MONTH_DAY = "-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = "[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6})?)?"
_UTC = " ?(?:Z|UTC|GMT|[-+]00(?::?00)?)"
#: hours and minutes from UTC
OFFSET = "[-+](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?"


def whole(pattern: str) -> str:
    """Return the pattern with optional blanks around the value."""
    return f"{_BLANKS}(?:{pattern}){_BLANKS}"


def any_case(pattern: str) -> str:
    """Return the pattern for lower and upper case; a regex flag would also match letters of other scripts."""
    return re.sub("[a-z]", lambda letter: f"[{letter[0]}{letter[0].upper()}]", pattern)


#: 18 digits always fit eight bytes; a longer value is a code
INTEGER = whole(f"-?{_WHOLE}")
DECIMAL = whole(f"-?(?:{_WHOLE}|{_POINT})")
#: programs write a sign, a point or a lower-case letter (1e+05, 1.0E5, 1e5)
EXPONENT = whole(f"-?(?:(?:{_POINT}|{_WHOLE})e[-+]?|{_POINT}E[-+]?|{_WHOLE}E[-+])[0-9]{{1,3}}")
#: without any of these the value may also be a code (1E5)
BARE_EXPONENT = whole(f"-?{_WHOLE}E[0-9]{{1,3}}")
DATE = whole(f"{_YEAR}{_MONTH_DAY}")
LOCAL_TIMESTAMP = whole(f"{_YEAR}{_MONTH_DAY}{_TIME}")
ZONED_TIMESTAMP = whole(f"{_YEAR}{_MONTH_DAY}{_TIME}{_UTC}|{_INNER_YEAR}{_MONTH_DAY}{_TIME} ?{OFFSET}")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Where a value has its year, month and day; the month is a number or the first letters of its English name."""

    #: regular expression with three groups
    pattern: str
    #: the groups in the order year-month-day, as ``\\3-\\2-\\1``
    order: str

    def is_real(self, value: str) -> bool:
        """Return whether the value's date exists in the calendar."""
        found = re.search(self.pattern, value)
        if not found:
            return False
        year, month, day = found.expand(self.order).split("-")
        number = _MONTHS.index(month.lower()) + 1 if month.isalpha() else int(month)
        try:
            date(int(year), number, int(day))
        except ValueError:
            return False
        return True


ISO_DAY = Day(pattern="([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", order="\\1-\\2-\\3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way in which a value may be written."""

    #: unique among all forms
    name: str
    pattern: str
    #: set when the value has a date, which must exist in the calendar
    day: Day | None = None

    def takes(self, value: str) -> bool:
        """Return whether the value is written in this form."""
        return bool(_compiled(self.pattern).fullmatch(value)) and (self.day is None or self.day.is_real(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepts:
    """The values that one PostgreSQL type accepts from a file; blank values are always accepted, as NULL."""

    forms: tuple[Form, ...]
    #: texts that are accepted as NULL, too
    nulls: tuple[str, ...] = ()

    def takes(self, value: str) -> bool:
        """Return whether the type accepts the value."""
        word = value.strip(BLANKS)
        return not word or word in self.nulls or any(form.takes(value) for form in self.forms)


def take_all(forms: Sequence[Form], values: Iterable[str]) -> bool:
    """Return whether each value is written in one of the forms."""
    return all(any(form.takes(value) for form in forms) for value in values)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _day_form(name: str, pattern: str) -> Form:
    return Form(name=name, pattern=pattern, day=ISO_DAY)


ISO_DATE = _day_form("ISO date", DATE)
ISO_LOCAL = _day_form("ISO time", LOCAL_TIMESTAMP)
ISO_ZONED = _day_form("ISO time with zone", ZONED_TIMESTAMP)
ISO_MIDNIGHT = _day_form("ISO midnight", whole(f"{_YEAR}{_MONTH_DAY}[T ]00:00(?::00(?:\\.0{{1,6}})?)?"))

LENIENT_NUMBER = Form(
    name="any number", pattern=whole("[-+]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
)
LENIENT_INTEGER = Form(name="any integer", pattern=whole("[-+]?[0-9]{1,18}"))
#: from -2,147,483,647 to 2,147,483,647
SMALL_INTEGER = Form(
    name="integer of four bytes",
    pattern=whole(
        "[-+]?0*(?:[0-9]{1,9}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7}|214[0-6][0-9]{6}|2147[0-3][0-9]{5}"
        "|21474[0-7][0-9]{4}|214748[0-2][0-9]{3}|2147483[0-5][0-9]{2}|21474836[0-3][0-9]|214748364[0-7])"
    ),
)
#: PostgreSQL refuses numbers that are larger or closer to zero as float8
LENIENT_FLOAT = Form(
    name="any number of eight bytes",
    pattern=whole(
        "[-+]?(?:(?:[0-9]{1,150}(?:\\.[0-9]{0,150})?|\\.[0-9]{1,150})(?:[eE][-+]?[0-9]{1,2})?"
        "|[1-9](?:\\.[0-9]{0,30})?[eE][-+]?(?:[0-2]?[0-9]{1,2}|30[0-6]))"
    ),
)
TRUTH_WORD = Form(name="truth", pattern=whole(any_case("true|false|yes|no")))
LENIENT_TRUTH = Form(name="any truth", pattern=whole(any_case("true|t|false|f|yes|y|no|n|on|off|1|0")))
