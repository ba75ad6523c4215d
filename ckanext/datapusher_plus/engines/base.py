"""The interface of an analysis engine: the abilities that it declares, and the questions that it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..core.boxes import Box
from ..core.errors import EngineFailed
from ..core.statistics import Bin, Measure
from ..core.types.patterns import Accepts, Form
from ..core.values import CleanCsv, ColumnProfile


class Can(str, Enum):
    """An ability that an engine may have; the value completes the sentence "the engine cannot …" in logs."""

    PROFILE = "profile all values of a table"
    COUNT = "count the values that are written in some form"
    FIND_MISFITS = "find the values that a type does not take"
    SEARCH = "search values for patterns"
    DUPLICATES = "find the rows that repeat an earlier row"
    DISTINCT = "count the different values of a column"
    BOUNDS = "find the bounds of the places in two columns"
    DESCRIBE = "describe the values of a column by figures"
    FREQUENCIES = "count how often each value of a column occurs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """The result of one scan of all rows of a table."""

    rows: int
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One question: how many values of a column does a form take?"""

    #: position of the column, from 0
    position: int
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """The first value of a column that its type does not take."""

    #: position of the column, from 0
    position: int
    #: row below the header, from 1
    row: int
    value: str


#: Most texts that match a pattern in one value, and most characters of each, that a search returns.
MOST_TEXTS, LONGEST_TEXT = 10, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """One pattern to search for, and where."""

    #: regular expression of RE2 (linear time); it may match any part of a value, and ignores case
    pattern: str
    #: positions of the columns to search, from 0
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """The values of one column that a pattern matches."""

    #: index of the pattern in the question, from 0
    sought: int
    #: position of the column, from 0
    position: int
    #: number of these values
    count: int
    #: (row below the header from 1, texts that match) of the first of these values, in the order of the rows
    first: tuple[tuple[int, tuple[str, ...]], ...]


class BadPattern(ValueError):
    """A pattern cannot be used: it is invalid, or too large for the engine."""

    def __init__(self, sought: int, why: str) -> None:
        super().__init__(why)
        #: index of the pattern in the question, from 0
        self.sought = sought
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """How many rows repeat an earlier row, and which is the first of them."""

    #: rows that are equal to an earlier row
    number: int
    #: (row, the first row that it is equal to) of the first such row, from 1 below the header; None: there is none
    first: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Where the places of a table are, in degrees; rows that lack a coordinate are not counted."""

    #: rows within ±90 and ±180 degrees, without those at 0, 0
    places: int
    #: rows beyond ±90 or ±180 degrees
    outside: int = 0
    #: rows at latitude 0 and longitude 0
    at_zero: int = 0
    #: whether both columns have a value that is not a whole number
    fractions: bool = False
    #: (west, south, east, north) of the places; None: there are none
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Figures about the values of one column.

    A value that is empty, quoted or not, counts nowhere. All figures are exact, and those that are floats are rounded
    once; only a deviation whose squares are too large for exact sums may be wrong in its last digits. A figure that
    does not apply to the column's measure is None.

    Numbers are plain decimal numbers without zeros at their end (``-12``, ``0.5``), times are ISO 8601 with four
    digits for the year (``2026-01-31``, ``2026-01-31 12:00:00``, with up to six decimals of seconds, or with ``+00`` at
    the end). If a column has another value, or its numbers need more digits than the engine's have, then all figures
    that follow ``distinct`` are None.
    """

    #: number of values, and of different ones; values are compared as text
    values: int
    distinct: int
    #: of text, the first and last by code points; of numbers and times, the least and greatest
    least: str | None = None
    greatest: str | None = None
    #: of text: lengths in characters (Unicode code points)
    shortest: int | None = None
    longest: int | None = None
    #: of numbers: exact decimal number
    sum: str | None = None
    mean: float | None = None
    #: sample standard deviation (divided by n - 1); None for one value
    deviation: float | None = None
    #: of numbers: with linear interpolation between the two values around (n - 1) / 4, / 2 and * 3 / 4, counted from 0
    #: (PostgreSQL's percentile_cont; ``statistics.quantiles(method="inclusive")``)
    quartiles: tuple[float, float, float] | None = None
    #: of numbers and times: as ``core.histogram`` says
    histogram: tuple[Bin, ...] = ()


class Counted(Protocol):
    """The values of some columns, each different one with its number of occurrences."""

    def describe(self) -> Mapping[int, Described]:
        """Return figures about each column, by position."""
        ...

    def frequencies(self, positions: Collection[int], most: int) -> Mapping[int, tuple[tuple[str, int], ...]]:
        """Return the ``most`` most frequent values of each of the columns with their counts, most frequent first.

        Of equally frequent values the lesser comes first: by code points, or as numbers.
        """
        ...


class Engine(Protocol):
    """An engine that answers questions about all values of canonical CSV, in bounded memory.

    The texts in ``nulls`` mean NULL; values are compared with them without the blanks around the values.
    """

    @property
    def name(self) -> str:
        """Name of the engine for messages."""
        ...

    @property
    def can(self) -> frozenset[Can]:
        """The abilities that the engine has."""
        ...

    def profile(self, csv: CleanCsv, names: Sequence[str], nulls: Sequence[str] = ()) -> Profiled:
        """Count the values of each column by what they are; ``names`` are the columns' names in the table."""
        ...

    def count(self, csv: CleanCsv, looks: Sequence[Look], nulls: Sequence[str] = ()) -> tuple[int, ...]:
        """Return for each look how many values its form takes, without those that mean NULL."""
        ...

    def misfits(self, csv: CleanCsv, accepts: Mapping[int, Accepts]) -> tuple[Misfit, ...]:
        """Return the first value of each column that is not accepted, if any; ``accepts`` is by column position."""
        ...

    def search(
        self, csv: CleanCsv, sought: Sequence[Sought], *, shortest: int, most: int, rows: int | None = None
    ) -> tuple[Hits, ...]:
        """Return which columns have values that match which patterns, by pattern and position.

        Values that mean NULL are searched too. In a table with lines of over 2 MB only the beginning of a value is.

        :param shortest: length in characters; shorter values are not searched.
        :param most: number of values of one column and pattern whose row and texts are returned; all are counted. Of
            each value at most ``MOST_TEXTS`` texts are returned, each cut to ``LONGEST_TEXT`` characters.
        :param rows: search only so many rows; None: all.
        :raises BadPattern: for the first pattern that cannot be used, before any value is read.
        """
        ...

    def duplicates(self, csv: CleanCsv) -> Duplicates:
        """Count the rows that are equal to an earlier row.

        Two rows are equal if all their values are the same text, character by character; it does not matter if a value
        is quoted (``"1",x`` equals ``1,x``). NULL (an empty field without quotes) equals NULL, but not the empty text.
        """
        ...

    def repeats(self, csv: CleanCsv) -> Sequence[int]:
        """Return the rows that ``duplicates`` counts, from 1 below the header, in ascending order."""
        ...

    def distinct(self, csv: CleanCsv, positions: Sequence[int]) -> tuple[int, ...]:
        """Return for each column how many different values it has, as text; NULL is not counted."""
        ...

    def bounds(self, csv: CleanCsv, latitude: int, longitude: int) -> Bounds:
        """Return the bounds of the places whose coordinates two columns have, with a decimal point or comma.

        Values that are not numbers are no coordinates.
        """
        ...

    def counted(
        self, csv: CleanCsv, measures: Mapping[int, Measure], seconds: float
    ) -> AbstractContextManager[Counted]:
        """Count the values of some columns once, for several questions about them.

        An engine may see only the first 600 characters of longer values.

        :param measures: what is measured of each column, by position.
        :param seconds: time limit for counting and for each question.
        :raises EngineFailed: when it takes longer, here or in a question.
        """
        ...


def require(engine: Engine, ability: Can) -> None:
    """Check that an engine has the ability that a step is about to use.

    :raises EngineFailed: when it cannot.
    """
    if ability not in engine.can:
        raise unable(engine, ability)


def unable(engine: Engine, ability: Can) -> EngineFailed:
    """Return the error that an engine lacks an ability."""
    error = EngineFailed()
    error.__cause__ = NotImplementedError(f"{engine.name} cannot {ability.value}")
    return error
