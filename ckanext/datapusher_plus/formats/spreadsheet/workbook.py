"""What a workbook is to its reader: sheets, and rows of texts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

#: number of a row, from 1, and its values from column A to the last that is not blank
SheetRow = tuple[int, list[str | None]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a workbook."""

    name: str
    hidden: bool = False
    #: where its reader finds it
    place: str = ""


@dataclass(slots=True)
class Faults:
    """Formulas that give no value: those in error, such as #N/A, and those that no program has calculated."""

    #: errors
    kinds: Counter[str] = field(default_factory=Counter)
    first: str = ""
    #: formulas without a value
    missing: int = 0
    first_missing: str = ""

    def add(self, kind: str, row: int, column: int) -> None:
        """Count an error; ``column`` is from 0."""
        self.kinds[kind] += 1
        self.first = self.first or f"{letters(column)}{row}"

    def add_missing(self, row: int, column: int, number: int = 1) -> None:
        """Count formulas that have no value, the first of them in a cell; ``column`` is from 0."""
        self.missing += number
        self.first_missing = self.first_missing or f"{letters(column)}{row}"


class Book(ABC):
    """A workbook that is open."""

    sheets: Sequence[Sheet]

    @abstractmethod
    def rows(self, sheet: Sheet, faults: Faults) -> Iterator[SheetRow]:
        """Yield the rows that are not blank, by their number."""


def letters(column: int) -> str:
    """Return a column's name, A for 0."""
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name = chr(ord("A") + rest) + name
        column -= 1
    return name
