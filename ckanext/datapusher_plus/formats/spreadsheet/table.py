"""From the rows of a sheet to canonical CSV: titles above the header, empty columns and blank rows are left out.

The first rows show where the table is. Should a later row have a value outside of it, the sheet is read once more with
that column too: seldom, and so nothing but the first rows is ever held in memory.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from statistics import median_low
from typing import TextIO

from ...core.errors import TooManyColumns, UnpacksTooLarge
from .workbook import SheetRow

#: rows by which header and columns are found
_SAMPLE = 100
#: more rows than these below a table are no notes
_MOST_NOTES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where a table was found in its sheet."""

    header: tuple[str, ...]
    #: number of the header's row
    first_row: int
    #: what stands above the header
    titles: tuple[str, ...]
    #: what stands below the table
    notes: tuple[str, ...]


class _Capped:
    """A text file that takes so much and no more."""

    def __init__(self, out: TextIO, limit: int) -> None:
        self._out = out
        self._left = self._limit = limit

    def write(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            raise UnpacksTooLarge(self._limit)
        self._out.write(text)


def write_table(
    rows: Callable[[], Iterator[SheetRow]], target: Path, *, most_columns: int, most_bytes: int
) -> Table | None:
    """Write the table in a sheet, which ``rows`` begins to read, any number of times; None when the sheet is empty.

    :raises TooManyColumns: when there is something in more columns than ``most_columns``.
    :raises UnpacksTooLarge: when the table has more than ``most_bytes``.
    """
    notes: list[SheetRow] = []
    sample = list(islice(_rows(rows(), notes), _SAMPLE))
    if not sample:
        return None
    above = _titles(sample)
    first_row, header = sample[above]
    columns = _used(row for _, row in sample[above:])
    outside = {-1}
    while outside:
        columns = sorted({*columns, *outside} - {-1})
        if len(columns) > most_columns:
            raise TooManyColumns(len(columns), most_columns)
        with target.open("w", encoding="utf-8", newline="") as out:
            # a short sheet was read already
            again = _rows(rows(), notes := []) if len(sample) == _SAMPLE else iter(sample)
            outside = _write(islice(again, above, None), columns, _Capped(out, most_bytes))
    headings = tuple((header[column] or "").strip() if column < len(header) else "" for column in columns)
    return Table(header=headings, first_row=first_row, titles=_texts(sample[:above]), notes=_texts(notes))


def _texts(rows: Sequence[SheetRow]) -> tuple[str, ...]:
    return tuple(" ".join(filter(None, row)) for _, row in rows)


def _rows(rows: Iterator[SheetRow], notes: list[SheetRow]) -> Iterator[SheetRow]:
    """Yield rows but for what stands below the table, which is in ``notes`` in the end.

    That is single texts under a row of several values, set off by an empty row.
    """
    last, above = 0, []
    for number, row in rows:
        if (notes or (number > last + 1 and _filled(above) > 2)) and len(notes) < _MOST_NOTES and _is_note(row):
            notes.append((number, row))
            continue
        yield from notes
        notes.clear()
        yield number, row
        last, above = number, row


def _filled(row: Sequence[str | None]) -> int:
    return sum(value is not None for value in row)


def _is_note(row: Sequence[str | None]) -> bool:
    return _filled(row) == 1 and not any(map(_is_number, row))


def _titles(sample: Sequence[SheetRow]) -> int:
    """Return how many rows stand above the header: those with less than half as many values as most rows have."""
    filled = [_filled(row) for _, row in sample]
    wide = next((place for place, values in enumerate(filled) if values > 1), 0)
    typical = median_low(filled[wide:])
    if typical < 2:
        return 0
    place = next((place for place, values in enumerate(filled) if values >= max(2, typical / 2)), 0)
    below = len(filled) - place
    if below < 2 or place > 2 * below or (place == 1 and not _stands_alone(*sample[:2])):
        return 0
    return place


def _stands_alone(first: SheetRow, second: SheetRow) -> bool:
    """Tell whether the first row is a title, and not headings of which all but one are missing."""
    if any(value is not None for value in first[1][:-1]) or len(first[1]) > 1 + _leading(second[1]):
        return False
    return second[0] > first[0] + 1 or not any(_is_number(value) for value in second[1])


def _leading(row: Sequence[str | None]) -> int:
    return next((place for place, value in enumerate(row) if value is not None), len(row))


def _is_number(value: str | None) -> bool:
    return value is not None and value.replace(".", "", 1).removeprefix("-").isdecimal()


def _used(rows: Iterator[list[str | None]]) -> set[int]:
    return {column for row in rows for column, value in enumerate(row) if value is not None}


def _write(rows: Iterator[SheetRow], columns: Sequence[int], out: _Capped) -> set[int]:
    """Write the rows and return in which other columns something was found; then what was written is of no use."""
    line = csv.writer(out, lineterminator="\n").writerow
    start, stop, width = columns[0], columns[-1] + 1, len(columns)
    gaps = [column for column in range(start, stop) if column not in set(columns)]
    blanks = [None] * stop
    last: int | None = None
    for number, row in rows:
        if len(row) > stop or (start and any(row[:start])) or (gaps and _any_at(row, gaps)):
            return _others(chain([(number, row)], rows), columns)
        # a blank row is a blank line, so that rows keep their numbers; with a single column it would be a value
        if last is not None and number > last + 1 and width > 1:
            out.write("\n" * (number - last - 1))
        row.extend(blanks[len(row) :])
        values = [row[column] for column in columns] if gaps else row[start:stop]
        if last is None:
            values = [value.strip() if value else value for value in values]
        line(values)
        last = number
    return set()


def _any_at(row: Sequence[str | None], columns: Sequence[int]) -> bool:
    return any(column < len(row) and row[column] is not None for column in columns)


def _others(rows: Iterator[SheetRow], columns: Sequence[int]) -> set[int]:
    return _used(row for _, row in rows) - set(columns)
