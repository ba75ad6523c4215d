"""The bars of a histogram: where they begin and end. Edges are round numbers, or where a calendar's units begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count

from .statistics import Bin

#: most bars of a column of numbers, and of a column of times, where each may be a week of a year
MOST_OF_NUMBERS, MOST_OF_TIMES = 20, 60

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (a wall clock's time, as in a timestamp without time zone)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
#: widths in microseconds below a month; the first Monday of the epoch's calendar is three days before the epoch
_SHORT = [_SECOND * each for each in (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200)]
_DAYS = (_DAY, 7 * _DAY)
_MONDAY = -3 * _DAY
#: widths in months
_MONTHS = (1, 3, 12, 24, 60, 120, 240, 600, 1_200, 2_400, 6_000, 12_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Bars of one width; a value belongs to bar ``(value - start) // width``, counted from 0."""

    start: int
    width: int
    number: int
    #: values, start and width are months since year 0, not microseconds
    months: bool = False

    def edge(self, bar: int) -> int:
        """Return where a bar begins."""
        return self.start + bar * self.width


def of_numbers(least: int, greatest: int) -> Bars:
    """Return bars for whole numbers: 1, 2 or 5 times a power of ten wide, at multiples of that, 20 at most."""
    widths = (digit * 10**power for power in count() for digit in (1, 2, 5))
    return next(_few(least, greatest, widths, MOST_OF_NUMBERS))


def of_times(least: int, greatest: int, *, whole_days: bool) -> Bars:
    """Return bars for times in microseconds since the epoch, 60 at most.

    They are seconds, minutes, hours, days, weeks from Monday, months or years wide.
    """
    short = () if whole_days else _SHORT
    narrow = _few(least, greatest, chain(short, _DAYS), MOST_OF_TIMES)
    months = _few(month_of(least), month_of(greatest), _MONTHS, MOST_OF_TIMES, months=True)
    return next(chain(narrow, months))


def month_of(microseconds: int) -> int:
    """Return the month in which a time is, counted from year 0."""
    day = EPOCH + timedelta(microseconds=microseconds)
    return day.year * 12 + day.month - 1


def _few(least: int, greatest: int, widths: Iterator[int] | tuple[int, ...], most: int, **of: bool) -> Iterator[Bars]:
    for width in widths:
        origin = _MONDAY if width == _DAYS[1] else 0
        start = (least - origin) // width * width + origin
        number = (greatest - start) // width + 1
        if number <= most:
            yield Bars(start=start, width=width, number=number, **of)


def bins_of_numbers(bars: Bars, counts: Mapping[int, int], scale: int) -> tuple[Bin, ...]:
    """Return the bars with their edges as decimal numbers with at most ``scale`` decimals."""
    edges = [decimal(bars.edge(bar), scale) for bar in range(bars.number + 1)]
    return _bins(edges, counts)


def bins_of_times(bars: Bars, counts: Mapping[int, int], like: str) -> tuple[Bin, ...]:
    """Return the bars with their edges written like the time ``like``; none if an edge is in no year of four digits."""
    try:
        edges = [_time(bars.edge(bar), like, months=bars.months) for bar in range(bars.number + 1)]
    except (OverflowError, ValueError):
        return ()
    return _bins(edges, counts)


def _bins(edges: list[str], counts: Mapping[int, int]) -> tuple[Bin, ...]:
    pairs = zip(edges, edges[1:], strict=False)
    return tuple(Bin(start=start, end=end, count=counts.get(bar, 0)) for bar, (start, end) in enumerate(pairs))


def decimal(number: int, scale: int) -> str:
    """Return ``number / 10**scale`` as a decimal number without zeros at its end."""
    digits = f"{abs(number):0{scale + 1}}"
    whole, rest = (digits[:-scale], digits[-scale:].rstrip("0")) if scale else (digits, "")
    return ("-" if number < 0 else "") + whole + (f".{rest}" if rest else "")


def _time(edge: int, like: str, *, months: bool) -> str:
    at = datetime(max(edge // 12, 1), edge % 12 + 1, 1) if months else EPOCH + timedelta(microseconds=edge)  # noqa: DTZ001
    day = f"{at.year:04}-{at:%m-%d}"
    return day if len(like) == len(day) else f"{day} {at:%H:%M:%S}{'+00' if like.endswith('+00') else ''}"
