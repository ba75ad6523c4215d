"""Which indexes a table gets automatically: as the Data Dictionary asks, on dates, and by the number of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .dictionary.model import Column, Dictionary
from .index_plan import Index, automatic_index
from .values import ColumnSpec

#: Indexes that a table gets automatically: each makes every load longer, and the database larger.
MOST = 8
_TIMES = ("date", "timestamp")
_YES = ("true", "yes", "on", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRules:
    """The site's settings about automatic indexes."""

    #: most different values of a column that gets an index; 0: no index by their number; -1: no limit
    most_values: int = 0
    least_values: int = 3
    dates: bool = True
    #: make a unique index on each column whose values are all different
    unique: bool = False

    @property
    def counts(self) -> bool:
        """Return whether different values must be counted."""
        return self.most_values != 0 or self.unique

    def may_be_few(self, values: int) -> bool:
        """Return whether a column may get an index if some of its rows have so many different values."""
        return self.most_values < 0 or values <= self.most_values

    def are_few(self, values: int) -> bool:
        """Return whether a column with so many different values gets an index."""
        return self.most_values != 0 and self.may_be_few(values) and values >= max(1, self.least_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The number of different values of the columns that were counted, and the number of rows."""

    rows: int = 0
    values: Mapping[str, int]


def marked(column: Column) -> list[str]:
    """Return which of ``index`` and ``unique`` the Data Dictionary asks for."""
    return [key for key in ("index", "unique") if _is_yes(column.info.get(key))]


def candidates(rows: Sequence[Sequence[str]], columns: Sequence[ColumnSpec], rules: IndexRules) -> list[int]:
    """Return the positions of columns whose different values must be counted, given the first rows of the table."""
    if not rules.counts or not rows:
        return []
    found = []
    for position, _ in enumerate(columns):
        values = [row[position] for row in rows]
        different = len(set(values) - {""})
        few = rules.most_values != 0 and rules.may_be_few(different)
        if few or (rules.unique and different == len(values)):
            found.append(position)
    return found


def choose(
    table: str, columns: Sequence[ColumnSpec], kept: Dictionary | None, rules: IndexRules, counted: Counted
) -> tuple[tuple[Index, ...], int]:
    """Return the indexes to make automatically, and the number of further ones that are left out."""
    ranked: dict[str, bool] = {}
    for name, unique in _reasons(columns, kept, rules, counted):
        ranked[name] = ranked.get(name, False) or unique
    wanted = [automatic_index(table, name, unique=unique) for name, unique in ranked.items()]
    return tuple(wanted[:MOST]), max(0, len(wanted) - MOST)


def _reasons(
    columns: Sequence[ColumnSpec], kept: Dictionary | None, rules: IndexRules, counted: Counted
) -> Iterator[tuple[str, bool]]:
    """Yield each column that gets an index, and whether it is unique; the most important ones come first."""
    for name in _asked("unique", columns, kept):
        yield name, True
    for name in _asked("index", columns, kept):
        yield name, False
    for column in columns:
        if rules.unique and counted.rows > 1 and counted.values.get(column.name) == counted.rows:
            yield column.name, True
    for column in columns:
        if rules.dates and column.type in _TIMES:
            yield column.name, False
    for column in columns:
        if rules.are_few(counted.values.get(column.name, 0)):
            yield column.name, False


def _asked(key: str, columns: Sequence[ColumnSpec], kept: Dictionary | None) -> Iterator[str]:
    known = kept.by_name if kept else {}
    return (column.name for column in columns if column.name in known and key in marked(known[column.name]))


def _is_yes(value: object) -> bool:
    return value is True or str(value).strip().lower() in _YES
