"""Which columns a page of the profile shows: those that a search finds, in an order, so many on each page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

#: Columns on one page.
PAGE = 50


class Order(str, Enum):
    """An order of the columns."""

    #: as in the table
    POSITION = "position"
    #: the column with most empty rows first
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedColumn:
    """A column of the table, with what the Data Dictionary says about it."""

    #: from 1
    position: int
    name: str
    #: PostgreSQL type name
    type: str
    label: str = ""
    notes: str = ""
    unit: str = ""
    #: share of empty rows, from 0 to 1; None: the column has been added since the statistics were made
    empty_share: float | None = None

    @property
    def shown(self) -> str:
        """Return the label, or the name of a column without one."""
        return self.label or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPage:
    """One page of columns."""

    columns: tuple[DescribedColumn, ...]
    number: int
    pages: int
    #: columns that the search found
    found: int
    #: columns of the table
    total: int


def select(
    columns: Sequence[DescribedColumn], query: str = "", order: Order | None = None, page: int = 1
) -> ColumnPage:
    """Return a page of the columns; a page beyond the last one is the last one.

    :param query: words that must all occur in a column's name, label, description or unit, in any case.
    """
    wanted = query.casefold().split()
    found = [column for column in columns if _matches(column, wanted)] if wanted else list(columns)
    if order is Order.EMPTY:
        found.sort(key=lambda column: (-_emptiness(column), column.position))
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(page, 1), pages)
    shown = found[(number - 1) * PAGE : number * PAGE]
    return ColumnPage(columns=tuple(shown), number=number, pages=pages, found=len(found), total=len(columns))


def window(page: ColumnPage, around: int = 2) -> tuple[int | None, ...]:
    """Return the numbers of the pages to link to, None for left out ones: the first, the last, and those around."""
    near = range(page.number - around, page.number + around + 1)
    kept = sorted({1, page.pages, *(number for number in near if 1 <= number <= page.pages)})
    listed: list[int | None] = []
    for before, number in zip([0, *kept], kept, strict=False):
        if number - before > 1:
            listed.append(None)
        listed.append(number)
    return tuple(listed)


def _matches(column: DescribedColumn, wanted: list[str]) -> bool:
    text = "\n".join((column.name, column.label, column.notes, column.unit)).casefold()
    return all(word in text for word in wanted)


def _emptiness(column: DescribedColumn) -> float:
    return -1.0 if column.empty_share is None else column.empty_share
