"""The interface of an open workbook: sheets, and rows of text values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

#: number of a row, from 1, and its values from column A to the last that is not blank
SheetRow = tuple[int, list[str | None]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook."""

    name: str
    hidden: bool = False
    #: where the format's reader finds the sheet
    place: str = ""


@dataclass(slots=True)
class Faults:
    """Counts formulas without a result: those with an error, such as #N/A, and those that were never calculated."""

    #: errors by their text, and below the first cell with one
    kinds: Counter[str] = field(default_factory=Counter)
    first: str = ""
    #: number of formulas without a value, and below the first cell with one
    missing: int = 0
    first_missing: str = ""

    def add(self, kind: str, row: int, column: int) -> None:
        """Count an error; ``column`` is counted from 0."""
        self.kinds[kind] += 1
        self.first = self.first or f"{letters(column)}{row}"

    def add_missing(self, row: int, column: int, number: int = 1) -> None:
        """Count formulas without a value, of which this cell is the first; ``column`` is counted from 0."""
        self.missing += number
        self.first_missing = self.first_missing or f"{letters(column)}{row}"


class Book(ABC):
    """An open workbook."""

    sheets: Sequence[Sheet]

    @abstractmethod
    def rows(self, sheet: Sheet, faults: Faults) -> Iterator[SheetRow]:
        """Yield the rows that are not blank, in order."""


def letters(column: int) -> str:
    """Return a column's letters: A for 0."""
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name = chr(ord("A") + rest) + name
        column -= 1
    return name
