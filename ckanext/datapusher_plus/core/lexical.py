"""What a number, a date or a time looks like in a file: one grammar for every engine, for the casts and for the tests.

The patterns are regular expressions over a whole value that Python, RE2 (DuckDB) and others read alike: no
look-around, no ``\\d`` or ``\\s``, which differ between them. *Strict* patterns decide what a column is; they leave
codes alone (leading zeros, plus signs, long digits). *Lenient* ones say what PostgreSQL takes when a person asks for a
type.
"""

from __future__ import annotations

from dataclasses import dataclass

_BLANKS = "[ \\t\\r\\n]*"
_WHOLE = "(?:0|[1-9][0-9]{0,17})"
_POINT = f"{_WHOLE}?\\.[0-9]+"
_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
# with an offset the instant's year in UTC may be the next one, and Python's dates end with 9999
_INNER_YEAR = "(?:[1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
_MONTH_DAY = "-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = "[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6})?)?"
_UTC = " ?(?:Z|[-+]00(?::?00)?)"
_OFFSET = " ?[-+](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?"


def _whole(pattern: str) -> str:
    return f"{_BLANKS}(?:{pattern}){_BLANKS}"


#: 18 digits always fit eight bytes, and whatever is longer is a code
INTEGER = _whole(f"-?{_WHOLE}")
DECIMAL = _whole(f"-?(?:{_WHOLE}|{_POINT})")
#: programs write a sign or a point (1e+05, 1.0E5); without either it is more likely a code (12E4)
EXPONENT = _whole(f"-?(?:{_POINT}[eE][-+]?|{_WHOLE}[eE][-+])[0-9]{{1,3}}")
DATE = _whole(f"{_YEAR}{_MONTH_DAY}")
LOCAL_TIMESTAMP = _whole(f"{_YEAR}{_MONTH_DAY}{_TIME}")
ZONED_TIMESTAMP = _whole(f"{_YEAR}{_MONTH_DAY}{_TIME}{_UTC}|{_INNER_YEAR}{_MONTH_DAY}{_TIME}{_OFFSET}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepts:
    """The values that one PostgreSQL type takes from a file; blank values are always taken, as NULL."""

    pattern: str
    #: the first ten characters must also be a day of the calendar
    calendar: bool = False


LENIENT_NUMBER = Accepts(pattern=_whole("[-+]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"))
LENIENT_INTEGER = Accepts(pattern=_whole("[-+]?[0-9]{1,18}"))
LENIENT_DATE = Accepts(pattern=_whole(f"{_YEAR}{_MONTH_DAY}(?:[T ]00:00(?::00(?:\\.0{{1,6}})?)?)?"), calendar=True)
LENIENT_TIMESTAMP = Accepts(pattern=f"{DATE}|{LOCAL_TIMESTAMP}|{ZONED_TIMESTAMP}", calendar=True)
