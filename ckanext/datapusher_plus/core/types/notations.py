"""Notations of numbers and dates, and the SQL that rewrites them to what PostgreSQL reads.

The SQL is an expression over ``{0}``, a value in one of the notation's forms. The engines test values with the same
forms, so PostgreSQL can cast every value that an engine has found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .patterns import (
    ISO_DATE,
    ISO_LOCAL,
    ISO_MIDNIGHT,
    ISO_ZONED,
    LENIENT_INTEGER,
    LENIENT_NUMBER,
    OFFSET,
    Day,
    Form,
    any_case,
    whole,
)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A way to write numbers."""

    #: an example to show to people
    name: str
    #: the decimal separator
    decimal: str
    #: numbers without decimals
    whole: Form
    #: numbers with decimals
    fraction: Form
    #: whole numbers, and all numbers, when a person sets the column's type
    lenient_whole: Form
    lenient: Form
    sql: str

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """Return the forms that decide what a column is; no value matches two of them."""
        return (self.whole, self.fraction)


@dataclass(frozen=True, kw_only=True)
class Days:
    """A way to write dates, with or without a time after them."""

    #: a description to show to people
    name: str
    date: Form
    local: Form
    zoned: Form
    #: a date with a time at midnight, which says no more than the date
    midnight: Form
    sql: str

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """Return the forms that decide what a column is; no value matches two of them."""
        return (self.date, self.local, self.zoned)


def _numbers(name: str, groups: str, decimal: str, *, removed: str) -> Numbers:
    """Make a notation with a separator between thousands.

    :param groups: pattern of that separator.
    :param decimal: decimal separator.
    :param removed: characters to remove before the cast, as in an SQL literal.
    """
    grouped = f"[1-9][0-9]{{0,2}}(?:{groups}[0-9]{{3}}){{1,5}}"
    integer = f"(?:0|[1-9][0-9]{{0,17}}|{grouped})"
    any_integer = f"(?:[0-9]{{1,18}}|{grouped})"
    mark = f"\\{decimal}" if decimal == "." else decimal
    return Numbers(
        name=name,
        decimal=decimal,
        whole=Form(name=f"{name} whole", pattern=whole(f"-?{integer}")),
        fraction=Form(name=f"{name} with decimals", pattern=whole(f"-?{integer}?{mark}[0-9]{{1,100}}")),
        lenient_whole=Form(name=f"{name} any whole", pattern=whole(f"[-+]?{any_integer}")),
        lenient=Form(
            name=f"{name} any", pattern=whole(f"[-+]?(?:{any_integer}(?:{mark}[0-9]{{0,100}})?|{mark}[0-9]{{1,100}})")
        ),
        # translate() removes the characters that have no counterpart in its third argument
        sql=f"translate({{0}}, '{decimal}{removed}', '.')",
    )


PLAIN = Numbers(
    name="1234.56",
    decimal=".",
    whole=Form(name="plain whole", pattern=whole("-?(?:0|[1-9][0-9]{0,17})")),
    fraction=Form(name="plain with decimals", pattern=whole("-?(?:0|[1-9][0-9]{0,17})?\\.[0-9]+")),
    lenient_whole=LENIENT_INTEGER,
    lenient=LENIENT_NUMBER,
    sql="{0}",
)
COMMAS = _numbers("1,234.56", ",", ".", removed=",")
POINTS = _numbers("1.234,56", "\\.", ",", removed=".")
#: also no-break and thin spaces: U+00A0, U+2009, U+202F
_SPACE = "[ \u00a0\u2009\u202f]"
_SPACES = " \u00a0\u2009\u202f"
SPACES_COMMA = _numbers("1 234,56", _SPACE, ",", removed=_SPACES)
SPACES_POINT = _numbers("1 234.56", _SPACE, ".", removed=_SPACES)
APOSTROPHES = _numbers("1'234.56", "['\u2019]", ".", removed="''\u2019")
NUMBERS = (COMMAS, POINTS, SPACES_COMMA, SPACES_POINT, APOSTROPHES)

# years of four digits only: the century of others is unknown
_Y = "[12][0-9]{3}"
_M = "(?:0?[1-9]|1[0-2])"
_D = "(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = any_case(
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_MINUTES = ":[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6})?)?"
_BEFORE = "(?:,? |T)"
_OF_24 = f"(?:[01]?[0-9]|2[0-3]){_MINUTES}"
_OF_12 = f"(?:0?[1-9]|1[0-2]){_MINUTES} ?[aApP][mM]"
_MIDNIGHT = f"{_BEFORE}(?:00?:00(?::00(?:\\.0{{1,6}})?)?|12:00(?::00(?:\\.0{{1,6}})?)? ?[aA][mM])"
_ZONE = f"(?:Z|UTC|GMT|{OFFSET})"
#: PostgreSQL and the engines must find the date at the value's beginning: a zone may look like the end of a date
_START = "^[ \\t\\r\\n]*"
#: separators between a date and its time
_GAP = "[ ,T]*"


def _days(name: str, pattern: str, day: Day) -> Days:
    def form(what: str, rest: str) -> Form:
        return Form(name=f"{name} {what}", pattern=whole(f"(?:{pattern}){rest}"), day=day)

    return Days(
        name=name,
        date=form("date", ""),
        local=form("time", f"{_BEFORE}(?:{_OF_24}|{_OF_12})"),
        zoned=form("time with zone", f"{_BEFORE}(?:{_OF_24} ?|{_OF_12} ){_ZONE}"),
        midnight=form("midnight", _MIDNIGHT),
        sql=f"regexp_replace({{0}}, '{day.pattern}{_GAP}', '{day.order} ')",
    )


ISO = Days(
    name="year-month-day",
    date=ISO_DATE,
    local=ISO_LOCAL,
    zoned=ISO_ZONED,
    midnight=ISO_MIDNIGHT,
    sql="{0}",
)
_LAST_YEAR = Day(pattern=f"{_START}([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{4}})", order="\\3-\\2-\\1")
YEAR_FIRST = _days(
    "year/month/day",
    # with points and without leading zeros it may as well be a version number
    f"{_Y}/{_M}/{_D}|{_Y}-{_M}-{_D}|{_Y}\\.(?:0[1-9]|1[0-2])\\.(?:0[1-9]|[12][0-9]|3[01])",
    Day(pattern=f"{_START}([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}})", order="\\1-\\2-\\3"),
)
DAY_FIRST = _days("day/month/year", f"{_D}/{_M}/{_Y}|{_D}-{_M}-{_Y}", _LAST_YEAR)
MONTH_FIRST = _days(
    "month/day/year",
    f"{_M}/{_D}/{_Y}|{_M}-{_D}-{_Y}",
    Day(pattern=_LAST_YEAR.pattern, order="\\3-\\1-\\2"),
)
#: wherever dates are written with points, the day comes first
POINTED = _days("day.month.year", f"{_D}\\.{_M}\\.{_Y}", _LAST_YEAR)
DAY_NAMED = _days(
    "day month year",
    f"{_D}-{_MONTH}-{_Y}|{_D}/{_MONTH}/{_Y}|{_D}\\.? {_MONTH}\\.?,? {_Y}",
    Day(pattern=f"{_START}([0-9]{{1,2}})[-/. ]+([A-Za-z]{{3}})[A-Za-z]*[-/., ]+([0-9]{{4}})", order="\\3-\\2-\\1"),
)
MONTH_NAMED = _days(
    "month day, year",
    f"{_MONTH}\\.? {_D},? {_Y}",
    Day(pattern=f"{_START}([A-Za-z]{{3}})[A-Za-z]*[. ]+([0-9]{{1,2}})[, ]+([0-9]{{4}})", order="\\3-\\1-\\2"),
)
DAYS = (YEAR_FIRST, DAY_FIRST, MONTH_FIRST, POINTED, DAY_NAMED, MONTH_NAMED)

Notation = Numbers | Days
