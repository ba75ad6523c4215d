"""Numbers, dates and times of a table, written for readers in the language of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation

from babel import Locale, dates, numbers
from ckan.plugins.toolkit import _
from flask_babel import get_locale

#: Most digits that a number is shown with; a longer one is written as a power of ten.
_MOST_DIGITS = 18
#: Whole numbers in this range may be years, which have no thousands separators.
_YEARS = range(1000, 2200)
#: PostgreSQL writes an offset without minutes, which Python reads only from 3.11 on.
_SHORT_OFFSET = re.compile(r"[+-]\d\d$")


_of_page: ContextVar[Locale | None] = ContextVar("locale of the page", default=None)


def locale() -> Locale:
    """Return the locale of the page."""
    return _of_page.get() or get_locale() or Locale("en")


@contextmanager
def in_one_locale() -> Iterator[None]:
    """Ask only once for the locale of the page, which takes as long as writing a number."""
    before = _of_page.set(locale())
    yield
    _of_page.reset(before)


def count(number: int) -> str:
    """Return a number of rows or values."""
    return numbers.format_decimal(number, locale=locale())


def percent(share: float) -> str:
    """Return a share from 0 to 1 as percent: never 0 % for more than nothing, never 100 % for less than everything."""
    rounded = round(share, 3 if 0.01 <= share <= 0.99 else 4)
    if share and not rounded:
        return _("less than {percent}").format(percent=_percent(0.0001))
    if share < 1 and rounded == 1:
        return _("more than {percent}").format(percent=_percent(0.9999))
    return _percent(rounded)


def _percent(share: float) -> str:
    return numbers.format_percent(share, locale=locale(), decimal_quantization=False)


def exact(text: str, *, grouped: bool = True) -> str:
    """Return a number as PostgreSQL writes it, with all its digits; a very long one is rounded."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    digits = len(value.as_tuple().digits)
    if abs(value.adjusted()) >= _MOST_DIGITS or digits > _MOST_DIGITS:
        return _scientific(value)
    return numbers.format_decimal(value, locale=locale(), decimal_quantization=False, group_separator=grouped)


def rounded(value: float, *, spread: float | None = None, grouped: bool = True) -> str:
    """Return a measured value with three significant digits, or with more if ``spread`` is small beside it.

    :param spread: how far the values of the column lie apart (standard deviation).
    """
    found = Decimal(repr(value))
    if not found.is_finite():
        return str(value)
    if found and not -6 <= found.adjusted() < _MOST_DIGITS:
        return _scientific(found)
    places = max(0, 2 - found.adjusted() if found else 0)
    if spread and (distance := Decimal(repr(spread))).is_finite():
        places = max(places, 1 - distance.adjusted())
    short = round(found, min(places, 12)) if places else found.to_integral_value()
    return numbers.format_decimal(
        short.normalize(), locale=locale(), decimal_quantization=False, group_separator=grouped
    )


def _scientific(value: Decimal) -> str:
    return numbers.format_scientific(value, format="0.#####E0", locale=locale())


def may_be_years(*values: str | None) -> bool:
    """Return whether numbers can be years, which are written without thousands separators."""
    return all(value is not None and value.isdecimal() and int(value[:9]) in _YEARS for value in values)


def moment(text: str) -> str:
    """Return a date or timestamp as PostgreSQL writes it, in the form of the language; others stay as they are."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return dates.format_date(date.fromisoformat(text), locale=locale())
        found = datetime.fromisoformat(f"{text}:00" if _SHORT_OFFSET.search(text) and " " in text else text)
    except ValueError:
        # infinity, years before Christ or after 9999
        return text
    if found.tzinfo is None:
        return dates.format_datetime(found, locale=locale())
    return f"{dates.format_datetime(found.astimezone(timezone.utc), locale=locale())} UTC"
