"""The statistics of a loaded table: one frozen value for each column, as it is stored, shown and given to clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any


class Measure(str, Enum):
    """What can be measured of a column, by its PostgreSQL type."""

    NUMBER = "number"
    #: dates and timestamps
    TIME = "time"
    BOOLEAN = "boolean"
    TEXT = "text"


_MEASURES = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8"), Measure.NUMBER),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), Measure.TIME),
    "bool": Measure.BOOLEAN,
}


def measure_of(type_name: str) -> Measure:
    """Return what is measured of a column of a PostgreSQL type; all other types count as text."""
    return _MEASURES.get(type_name, Measure.TEXT)


class Withheld(str, Enum):
    """Why the statistics of a column contain none of its values."""

    #: the column is marked as personal data
    PERSONAL = "personal"
    #: every value occurs once, so a list of the most frequent values is only an extract of the column
    UNIQUE = "unique"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One bar of a histogram: the number of values from ``start`` up to ``end``; only the last bin includes its end."""

    #: as PostgreSQL writes the value
    start: str
    end: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """Statistics of all values of one column; values are texts as PostgreSQL writes them."""

    name: str
    #: PostgreSQL type name
    type: str
    measure: Measure
    #: rows of the table
    rows: int
    #: rows in which the column is NULL or an empty text
    empty: int
    #: texts of the file that were taken as NULL, such as "NA", and how often each occurs
    null_words: Mapping[str, int]
    #: number of different values; empty ones are not counted
    distinct: int
    least: str | None = None
    greatest: str | None = None
    #: of numbers: exact decimal
    sum: str | None = None
    mean: float | None = None
    #: sample standard deviation; None for fewer than two values
    deviation: float | None = None
    #: of numbers: lower quartile, median, upper quartile
    quartiles: tuple[float, float, float] | None = None
    #: length in characters of the shortest and of the longest value, of text
    shortest: int | None = None
    longest: int | None = None
    #: the most frequent values with their counts, most frequent first; equal counts in the order of the values
    top: tuple[tuple[str, int], ...] = ()
    #: of numbers and times
    histogram: tuple[Bin, ...] = ()
    #: of booleans: number of true and of false values
    true: int | None = None
    false: int | None = None
    withheld: Withheld | None = None

    @property
    def filled(self) -> int:
        """Return the number of rows that have a value."""
        return self.rows - self.empty

    @property
    def empty_share(self) -> float:
        """Return the share of empty rows, from 0 to 1; 0 for a table without rows."""
        return self.empty / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStatistics:
    """The statistics of a resource's table, and of which load they are."""

    resource_id: str
    #: id of the run that loaded the table
    run_id: str
    load_key: str
    made_at: datetime
    rows: int
    columns: tuple[ColumnStatistics, ...]
    #: rows that repeat an earlier row in every column; None: not counted
    duplicates: int | None = None
    #: whether rows have been changed since, through the API or by a newer load whose statistics are still being made
    stale: bool = False


def withhold(column: ColumnStatistics, why: Withheld) -> ColumnStatistics:
    """Return a column's statistics without its values.

    Of personal data only counts and lengths stay. Of texts that are all different no text stays; of numbers and times
    that are all different only the most frequent ones go, because the other figures describe all of them together.
    """
    if why is Withheld.UNIQUE:
        text = column.measure is Measure.TEXT
        least, greatest = (None, None) if text else (column.least, column.greatest)
        return replace(column, withheld=why, top=(), least=least, greatest=greatest)
    return replace(
        column,
        withheld=why,
        least=None,
        greatest=None,
        sum=None,
        mean=None,
        deviation=None,
        quartiles=None,
        top=(),
        histogram=(),
        true=None,
        false=None,
    )


def to_json(column: ColumnStatistics) -> dict[str, Any]:
    """Return a column's statistics as JSON values, without what does not apply to it."""
    return {name: _listed(value) for name, value in asdict(column).items() if value not in (None, (), {})}


def _listed(value: Any) -> Any:
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


def from_json(stored: Mapping[str, Any]) -> ColumnStatistics:
    """Return a column's statistics as ``to_json`` wrote them."""
    given = dict(stored)
    given["measure"] = Measure(given["measure"])
    given["null_words"] = given.get("null_words", {})
    given["top"] = tuple((value, count) for value, count in given.get("top", ()))
    given["histogram"] = tuple(Bin(**bar) for bar in given.get("histogram", ()))
    # PostgreSQL's JSON has one kind of number: it returns 5e44 and 5.0 as whole numbers
    given |= {name: float(given[name]) for name in ("mean", "deviation") if name in given}
    if "quartiles" in given:
        given["quartiles"] = tuple(map(float, given["quartiles"]))
    if "withheld" in given:
        given["withheld"] = Withheld(given["withheld"])
    return ColumnStatistics(**given)
