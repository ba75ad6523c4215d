"""Statistics by DuckDB: every different value of a column is counted once, and all figures come from these counts.

The counts are a table in DuckDB, which spills to disk. Numbers and times are whole numbers in it (a number with two
decimals is a number of hundredths, a time is a number of microseconds), so that sums are exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb

from ..core import histogram, moments
from ..core.histogram import Bars
from ..core.statistics import Bin, Measure
from . import duckdb_statistics_sql as sql
from . import interruptible
from .base import Described
from .duckdb_sql import long

#: decimal digits of a number and of a sum that a HUGEINT certainly holds
_DIGITS, _DIGITS_OF_SUM = 37, 38
_MOST_SQUARES = 1 << 126


class _Shape(NamedTuple):
    """The counts of one column, and whether its values are what its measure needs."""

    values: int
    distinct: int
    first: str | None
    last: str | None
    shortest: int | None
    longest: int | None
    fits: bool
    digits: int
    scale: int


class _Sums(NamedTuple):
    least: int
    greatest: int
    complete: bool
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckdbCounted:
    """The counted values of some columns in one connection."""

    connection: duckdb.DuckDBPyConnection
    measures: Mapping[int, Measure]
    #: columns that one query is about
    parts: Sequence[Sequence[int]]
    seconds: float

    def describe(self) -> dict[int, Described]:
        """Return figures about each column, by position."""
        found: dict[int, Described] = {}
        for part in self.parts:
            found |= _Part(self, part).described()
        return found

    def frequencies(self, positions: Collection[int], most: int) -> dict[int, tuple[tuple[str, int], ...]]:
        """Return the ``most`` most frequent values of each of the columns with their counts."""
        top: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for part in self.parts:
            asked = [position for position in part if position in positions]
            numbers = [position for position in asked if self.measures[position] is Measure.NUMBER]
            fewest = dict(self.rows(sql.LEAST_COUNT.format(positions=listed(asked), most=most)))
            found = {"positions": listed(fewest), "counts": listed(fewest.values()), "numbers": listed(numbers)}
            for position, value, count in self.rows(sql.TOP.format(most=most, **found)) if fewest else ():
                top[position].append((value, count))
        return {position: tuple(sorted(top[position], key=self._rank(position))[:most]) for position in positions}

    def _rank(self, position: int) -> Callable[[tuple[str, int]], tuple[int, Decimal, str]]:
        """Return the key that orders a column's most frequent values."""
        numbers = self.measures[position] is Measure.NUMBER

        def rank(found: tuple[str, int]) -> tuple[int, Decimal, str]:
            value, count = found
            number = Decimal(value) if numbers and sql.PLAIN.fullmatch(value) else Decimal(0)
            return -count, number, value

        return rank

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return interruptible.rows(self.connection, query, self.seconds)


def count(connection: duckdb.DuckDBPyConnection, table: str, positions: Sequence[int], seconds: float) -> int:
    """Count the values of some columns of a file, and return its number of rows.

    :param table: SQL that reads the file.
    """
    query = sql.COUNT.replace("{long}", long(positions)).replace("{table}", table)
    interruptible.rows(connection, query, seconds)
    [(rows,)] = interruptible.rows(
        connection,
        f"SELECT sum(n)::BIGINT FROM counted WHERE position = {positions[0]:d}",  # noqa: S608 (no outside text)
        seconds,
    )
    return int(rows or 0)


def listed(numbers: Collection[object]) -> str:
    """Return numbers for a list in SQL; an empty list contains NULL, which equals nothing."""
    return ", ".join(map(str, numbers)) or "NULL"


@dataclass(slots=True)
class _Part:
    """The questions about the columns of one part."""

    counted: DuckdbCounted
    positions: Sequence[int]
    shapes: dict[int, _Shape] = field(default_factory=dict)
    sums: dict[int, _Sums] = field(default_factory=dict)

    def described(self) -> Iterator[tuple[int, Described]]:
        """Yield figures about each column."""
        self._look()
        measured = self._fitting(Measure.NUMBER), self._fitting(Measure.TIME)
        if any(measured):
            self._measure(*measured)
        numbers, times = ([p for p in each if p in self.sums] for each in measured)
        deviations, quartiles, bins = self._deviations(numbers), self._quartiles(numbers), self._bins(numbers + times)
        for position, shape in self.shapes.items():
            about: dict[str, Any] = {"histogram": bins.get(position, ())}
            if self.counted.measures[position] is Measure.TEXT:
                about |= {"least": shape.first, "greatest": shape.last}
                about |= {"shortest": shape.shortest, "longest": shape.longest}
            elif position in numbers:
                about |= self._of_number(position)
                about |= {"deviation": deviations.get(position), "quartiles": quartiles.get(position)}
            elif position in times:
                # as text they have the order of the times
                about |= {"least": shape.first, "greatest": shape.last}
            yield position, Described(values=shape.values, distinct=shape.distinct, **about)

    def _rows(self, query: str, **parts: object) -> list[tuple[Any, ...]]:
        return self.counted.rows(query.format(**parts))

    def _of(self, measure: Measure) -> list[int]:
        return [position for position in self.positions if self.counted.measures[position] is measure]

    def _look(self) -> None:
        columns = {"numbers": listed(self._of(Measure.NUMBER)), "times": listed(self._of(Measure.TIME))}
        # a table without rows has counts of nothing
        self.shapes = dict.fromkeys(self.positions, _Shape(0, 0, None, None, None, None, False, 0, 0))
        query = sql.SHAPE.format(number=sql.NUMBER, time=sql.TIME, positions=listed(self.positions), **columns)
        for position, *shape in self.counted.rows(query):
            self.shapes[position] = _Shape(*shape)

    def _fitting(self, measure: Measure) -> list[int]:
        """Return the columns all of whose values can be measured."""
        return [position for position in self._of(measure) if self._fits(position)]

    def _fits(self, position: int) -> bool:
        shape = self.shapes[position]
        digits = shape.digits + shape.scale
        small = digits <= _DIGITS and digits + len(str(shape.values)) <= _DIGITS_OF_SUM
        return shape.values > 0 and shape.fits and small

    def _measure(self, numbers: Sequence[int], times: Sequence[int]) -> None:
        scales = listed([self.shapes[position].scale for position in numbers])
        whole = sql.WHOLE.format(numbers=listed(numbers), scales=scales, times=listed(times))
        self._rows(sql.MEASURE, whole=whole)
        for position, *sums in self._rows(sql.SUMS, numbers=listed(numbers)):
            if (found := _Sums(*sums)).complete:
                self.sums[position] = found

    def _of_number(self, position: int) -> dict[str, Any]:
        shape, sums = self.shapes[position], self.sums[position]
        assert sums.total is not None
        return {
            "least": histogram.decimal(sums.least, shape.scale),
            "greatest": histogram.decimal(sums.greatest, shape.scale),
            "sum": histogram.decimal(sums.total, shape.scale),
            "mean": moments.mean(sums.total, shape.values, shape.scale),
        }

    def _deviations(self, numbers: Sequence[int]) -> dict[int, float | None]:
        several = [position for position in numbers if self.shapes[position].values > 1]
        exact = [position for position in several if self._squares_fit(position)]
        found: dict[int, float | None] = {}
        least = listed([self.sums[position].least for position in exact])
        for position, total, squares in self._rows(sql.SQUARES, positions=listed(exact), least=least) if exact else ():
            shape = self.shapes[position]
            found[position] = moments.deviation(total, squares, shape.values, shape.scale)
        rough = [position for position in several if position not in exact]
        means = listed([(self.sums[p].total or 0) / self.shapes[p].values for p in rough])
        for position, deviation in self._rows(sql.ROUGH, positions=listed(rough), means=means) if rough else ():
            found[position] = deviation / 10 ** self.shapes[position].scale
        return found

    def _squares_fit(self, position: int) -> bool:
        sums = self.sums[position]
        return (sums.greatest - sums.least) ** 2 * self.shapes[position].values < _MOST_SQUARES

    def _quartiles(self, numbers: Sequence[int]) -> dict[int, tuple[float, float, float] | None]:
        # the ranks below and above each quartile, counted from 0; both are the same where a value is the quartile
        ranks = [
            rank.format(quarter) for quarter in moments.QUARTILES for rank in ("last * {} // 4", "(last * {} + 3) // 4")
        ]
        columns = ", ".join(f"min(i) FILTER (upto > {rank})" for rank in ranks)
        found = self._rows(sql.QUARTILES, ranks=columns, positions=listed(numbers)) if numbers else ()
        quartiles: dict[int, tuple[float, float, float] | None] = {}
        for position, *values in found:
            shape = self.shapes[position]
            pairs = list(zip(values[::2], values[1::2], strict=True))
            quartiles[position] = moments.quartiles(pairs, shape.values, shape.scale)
        return quartiles

    def _bins(self, positions: Sequence[int]) -> dict[int, tuple[Bin, ...]]:
        bars = {position: self._bars(position) for position in positions}
        counts: dict[int, dict[int, int]] = defaultdict(dict)
        query = sql.BARS.format(
            positions=listed(bars),
            starts=listed([each.start for each in bars.values()]),
            widths=listed([each.width for each in bars.values()]),
            months=listed(["true" if each.months else "false" for each in bars.values()]),
        )
        for position, bar, number in self.counted.rows(query) if bars else ():
            counts[position][bar] = number
        return {position: self._bin(position, each, counts[position]) for position, each in bars.items()}

    def _bars(self, position: int) -> Bars:
        sums = self.sums[position]
        if self.counted.measures[position] is Measure.NUMBER:
            return histogram.of_numbers(sums.least, sums.greatest)
        # a date has ten characters
        whole_days = self.shapes[position].longest == 10
        return histogram.of_times(sums.least, sums.greatest, whole_days=whole_days)

    def _bin(self, position: int, bars: Bars, counts: Mapping[int, int]) -> tuple[Bin, ...]:
        shape = self.shapes[position]
        if self.counted.measures[position] is Measure.NUMBER:
            return histogram.bins_of_numbers(bars, counts, shape.scale)
        return histogram.bins_of_times(bars, counts, shape.first or "")
