"""The interface of an analysis engine: the abilities that it declares, and the questions that it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..core.errors import EngineFailed
from ..core.statistics import Bin, Measure
from ..core.types.patterns import Accepts, Form
from ..core.values import CleanCsv, ColumnProfile


class Can(str, Enum):
    """An ability that an engine may have; the value completes the sentence "the engine cannot …" in logs."""

    PROFILE = "profile all values of a table"
    COUNT = "count the values that are written in some form"
    FIND_MISFITS = "find the values that a type does not take"
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
        raise EngineFailed from NotImplementedError(f"{engine.name} cannot {ability.value}")
