"""What a workbook is to its reader: sheets, and rows of texts; and which of the sheets is meant."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ...core.errors import NoSuchSheet, NothingToLoad

#: number of a row, from 1, and its values from column A to the last that is not blank
Row = tuple[int, list[str | None]]


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
    def rows(self, sheet: Sheet, faults: Faults) -> Iterator[Row]:
        """Yield the rows that are not blank, by their number."""


def letters(column: int) -> str:
    """Return a column's name, A for 0."""
    name = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        name = chr(ord("A") + rest) + name
        column -= 1
    return name


def choose(book: Book, wanted: str) -> Sheet:
    """Return the sheet of that name or number, else the first visible one with a table, else the first with anything.

    :raises NoSuchSheet: when there is none of that name or number.
    :raises NothingToLoad: when all are empty.
    """
    if wanted:
        return _called(book.sheets, wanted)
    if len(book.sheets) == 1:
        return book.sheets[0]
    best: Sheet | None = None
    for sheet in sorted(book.sheets, key=lambda sheet: sheet.hidden):
        rows = len(list(islice(book.rows(sheet, Faults()), 2)))
        if rows > 1:
            return sheet
        best = best or (sheet if rows else None)
    if best is None:
        raise NothingToLoad("has no sheet with anything in it")
    return best


def _called(sheets: Sequence[Sheet], wanted: str) -> Sheet:
    """Return the sheet of a name, else of a number from 0, from the last one when negative."""
    for alike in (str, _bare):
        for sheet in sheets:
            if alike(sheet.name) == alike(wanted):
                return sheet
    try:
        return sheets[int(wanted)]
    except (ValueError, IndexError) as error:
        raise NoSuchSheet(wanted, tuple(sheet.name for sheet in sheets)) from error


def _bare(name: str) -> str:
    return " ".join(name.split()).casefold()
