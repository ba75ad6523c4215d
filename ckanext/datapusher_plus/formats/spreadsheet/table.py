"""Convert the rows of a sheet to canonical CSV, without titles above the header and empty columns.

The first rows show where the table is. If a later row has a value in another column, the sheet is read again with that
column included. This is rare, and so only the first rows are held in memory.
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

#: rows by which the header and the columns are found
_SAMPLE = 100
#: more rows than this below a table are not notes
_MOST_NOTES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table in a sheet."""

    header: tuple[str, ...]
    #: number of the header's row
    first_row: int
    #: texts above the header
    titles: tuple[str, ...]
    #: texts below the table
    notes: tuple[str, ...]


class _Capped:
    """A text file with a limit on its characters."""

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
    """Write the table in a sheet; return None when the sheet is empty.

    :param rows: begins to read the sheet; called again for each reading.
    :raises TooManyColumns: when more than ``most_columns`` columns have values.
    :raises UnpacksTooLarge: when the table has more than ``most_bytes`` characters.
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
            # a short sheet has been read completely
            again = _rows(rows(), notes := []) if len(sample) == _SAMPLE else iter(sample)
            outside = _write(islice(again, above, None), columns, _Capped(out, most_bytes))
    headings = tuple((header[column] or "").strip() if column < len(header) else "" for column in columns)
    return Table(header=headings, first_row=first_row, titles=_texts(sample[:above]), notes=_texts(notes))


def _texts(rows: Sequence[SheetRow]) -> tuple[str, ...]:
    return tuple(" ".join(filter(None, row)) for _, row in rows)


def _rows(rows: Iterator[SheetRow], notes: list[SheetRow]) -> Iterator[SheetRow]:
    """Yield rows without the notes below the table, which are in ``notes`` at the end.

    Notes are rows of a single text that follow a row of several values and an empty row.
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
    """Return the number of rows above the header: those with less than half as many values as most rows have."""
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
    """Return whether the first row is a title, and not a header of which only one heading is filled in."""
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
    """Write the rows, and return the other columns in which values were found; if any, the output is incomplete."""
    line = csv.writer(out, lineterminator="\n").writerow
    start, stop, width = columns[0], columns[-1] + 1, len(columns)
    gaps = [column for column in range(start, stop) if column not in set(columns)]
    blanks = [None] * stop
    last: int | None = None
    for number, row in rows:
        if len(row) > stop or (start and any(row[:start])) or (gaps and _any_at(row, gaps)):
            return _others(chain([(number, row)], rows), columns)
        # a blank row is written as a blank line to keep row numbers; in a table of one column that would be a value
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
