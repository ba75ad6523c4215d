"""Convert cell values to text: numbers without artefacts of binary fractions, ISO dates, plain text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

#: converts a number, as the workbook stores it, to text
Shown = Callable[[str], str]

_DAY_MS = 86_400_000
_KEPT = 20_000
#: days to the year 10000; larger numbers are not dates
_LAST_SERIAL = 2_958_466
#: shorter times, in days, are durations if their number format has no date
_YEAR = 367
_1900, _1904 = datetime.fromisoformat("1899-12-30"), datetime.fromisoformat("1904-01-01")
#: longest number format, in characters, that Excel allows
_LONGEST_FORMAT = 255
#: parts of a number format that are not about the value: texts, colours, conditions, currencies, padding
_DECORATION = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\[\]]*\]|am/pm|a/p|general|standard', re.IGNORECASE)
_BUILT_IN = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56), "hh:mm:ss"),
    22: "yyyy-mm-dd hh:mm",
    46: "[h]:mm:ss",
}
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MIDNIGHT = re.compile(r"T00:00(:00([.,]0+)?)?$")
_PERIOD = re.compile(r"(-?)P(?:(\d{1,9})D)?T?(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d+))?S)?")


def number(raw: str) -> str:
    """Return a number as people write it: 1.0 in a workbook is 1, 0.30000000000000004 is 0.3."""
    if raw.isdecimal() and len(raw) <= 15 and raw.isascii() and (raw[0] != "0" or raw == "0"):
        return raw
    try:
        value = float(raw)
    except ValueError:
        return raw.strip()
    return plain(value) if abs(value) < 1e300 else raw.strip()


def plain(value: float) -> str:
    """Return a number in plain notation, with as few digits as identify it."""
    if value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    text = repr(value)
    if len(text) > 16:
        # a calculated 0.1 + 0.2: spreadsheets show 15 digits, of which all but the first few are 0
        short = format(value, ".15g")
        text = short if len(short) + 4 <= len(text) else text
    if "e" not in text:
        return text
    written = format(Decimal(text), "f")
    return written if len(written) <= 40 else text


def built_in(number: int) -> str:
    """Return the built-in number format with this ID; empty for plain numbers."""
    return _BUILT_IN.get(number, "")


def shown_as(number_format: str, *, since_1904: bool = False) -> Shown | None:
    """Return the function that converts numbers of a number format to text; None for those that are plain numbers."""
    section = number_format.partition(";")[0][: _LONGEST_FORMAT + 1]
    if len(section) > _LONGEST_FORMAT:
        return None
    if re.fullmatch("0{2,}", section):
        # codes such as 01234, stored as numbers
        return lambda raw: number(raw).zfill(len(section))
    code = re.sub(r"s\.0+", "s", _DECORATION.sub("", section).lower())
    if "[" in code:
        return _duration_of
    if re.search("[0#?%]", code) or not re.search("[ydehms]", code):
        return None
    dated = not re.search("[hs]", code) or bool(re.search("[yde]", code))
    # the same dates occur again and again
    return lru_cache(_KEPT)(lambda raw: _moment_of(raw, since_1904=since_1904, dated=dated))


def iso(raw: str) -> str:
    """Return an ISO date without a time of midnight, and without surrounding whitespace."""
    return _MIDNIGHT.sub("", raw.strip())


def period(raw: str) -> str:
    """Return an ISO 8601 duration such as PT30H05M00S in hours, minutes and seconds: 30:05:00."""
    found = _PERIOD.fullmatch(raw.strip())
    if not found:
        return raw
    sign, days, hours, minutes, seconds, fraction = found.groups("0")
    ms = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60_000 + int(seconds) * 1000 + int(f"{fraction:0<3}"[:3])
    return ("-" if sign == "-" else "") + _clock(ms)


def clean(text: str) -> str:
    """Return a text as people see it: OOXML's escapes (``_x000D_``) decoded, line ends as LF, without NUL."""
    if "_x" in text:
        text = _ESCAPE.sub(_unescaped, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "") if "\0" in text else text


def _unescaped(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter >= " " or letter in "\t\n\r" else ""


def moment(value: float, *, since_1904: bool = False, dated: bool = True) -> str:
    """Return the date, time or both of a serial number of days.

    :param since_1904: days are counted from 1904-01-01 instead of 1899-12-30.
    :param dated: the number format shows a date.
    """
    if not 0 <= value < _LAST_SERIAL:
        return plain(value)
    if not since_1904 and (value < 1 or (not dated and value < _YEAR)):
        return _clock(round(value * _DAY_MS))
    if not since_1904 and value < 61:
        # workbooks treat 1900 as a leap year: day 60 would be February 29
        return plain(value) if value >= 60 else _since(_1900 + timedelta(days=1), value)
    return _since(_1904 if since_1904 else _1900, value)


def _moment_of(raw: str, *, since_1904: bool, dated: bool) -> str:
    try:
        value = float(raw)
    except ValueError:
        return raw.strip()
    return moment(value, since_1904=since_1904, dated=dated) if abs(value) < _LAST_SERIAL else number(raw)


def _since(epoch: datetime, value: float) -> str:
    when = epoch + timedelta(milliseconds=round(value * _DAY_MS))
    if not (when.hour or when.minute or when.second or when.microsecond):
        return when.date().isoformat()
    return when.isoformat(timespec="milliseconds" if when.microsecond else "seconds")


def _duration_of(raw: str) -> str:
    try:
        value = float(raw)
    except ValueError:
        return raw.strip()
    if not abs(value) < _LAST_SERIAL:
        return number(raw)
    return clock(timedelta(days=value))


def clock(length: timedelta) -> str:
    """Return a duration in hours, minutes and seconds; hours may exceed 24."""
    ms = round(length / timedelta(milliseconds=1))
    return ("-" if ms < 0 else "") + _clock(abs(ms))


def _clock(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{ms:03}" if ms else text
