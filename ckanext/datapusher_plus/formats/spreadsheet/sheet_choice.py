"""Which sheet of a workbook is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ...core.errors import NoSuchSheet, NothingToLoad
from . import cover_sheets
from .workbook import Book, Faults, Sheet

#: rows by which a sheet is judged
_SAMPLE = cover_sheets.MOST_ROWS + 1
#: sheets that are looked at; those of ODS stand in one stream, which is read from its beginning for each
_MOST_SHEETS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The sheet to load."""

    sheet: Sheet
    #: sheets before it that hold text about the data
    covers: tuple[Sheet, ...] = ()


def choose(book: Book, wanted: str) -> Choice:
    """Choose the sheet of that name or number; without one, the first visible sheet with a table.

    Text about the data and a list of the other sheets give way to a visible sheet with a table, else to one with a
    single column. If there is none, the first sheet that has anything is chosen.

    :raises NoSuchSheet: when there is none of that name or number.
    :raises NothingToLoad: when all are empty.
    """
    if wanted:
        return Choice(sheet=_called(book.sheets, wanted))
    if len(book.sheets) == 1:
        return Choice(sheet=book.sheets[0])
    names = [sheet.name for sheet in book.sheets]
    covers: list[Sheet] = []
    lists: list[Sheet] = []
    titles: list[Sheet] = []
    for sheet in sorted(book.sheets, key=lambda sheet: sheet.hidden)[:_MOST_SHEETS]:
        if sheet.hidden and covers:
            break
        rows = list(islice(book.rows(sheet, Faults()), _SAMPLE))
        if len(rows) < 2:
            titles += [sheet] if rows else []
        elif not sheet.hidden and cover_sheets.is_cover(rows, [name for name in names if name != sheet.name]):
            covers.append(sheet)
        elif not covers or cover_sheets.is_table(rows):
            return Choice(sheet=sheet, covers=tuple(covers))
        else:
            lists.append(sheet)
    if lists:
        return Choice(sheet=lists[0], covers=tuple(covers))
    if not covers and not titles:
        first = f" among its first {_MOST_SHEETS}" if len(book.sheets) > _MOST_SHEETS else ""
        raise NothingToLoad(f"has no sheet with anything in it{first}")
    return Choice(sheet=[*covers, *titles][0])


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
