"""Choose the sheet of a workbook that is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from ...core.errors import NothingToLoad
from ...core.message import say
from ...core.parts import called
from . import cover_sheets
from .workbook import Book, Faults, Sheet

#: rows by which a sheet is judged
_SAMPLE = cover_sheets.MOST_ROWS + 1
#: sheets that are judged at most: those of ODS are in one stream, which is read from its beginning for each sheet
_MOST_SHEETS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The sheet to load."""

    sheet: Sheet
    #: cover sheets that were passed over for it
    covers: tuple[Sheet, ...] = ()


def choose(book: Book, wanted: str) -> Choice:
    """Return the sheet with this name or number; without one, the first sheet with a table, visible ones first.

    Cover sheets (text about the data, or a list of the other sheets) are passed over for a visible sheet with a table,
    else for one with a single column. If there is neither, the first cover sheet is chosen, else the first sheet of a
    single row.

    :raises NoSuchSheet: when no sheet has that name or number.
    :raises NothingToLoad: when all sheets are empty.
    """
    names = [sheet.name for sheet in book.sheets]
    if wanted:
        return Choice(sheet=book.sheets[called(names, wanted)])
    if len(book.sheets) == 1:
        return Choice(sheet=book.sheets[0])
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
        raise _nothing(book)
    return Choice(sheet=[*covers, *titles][0])


def _nothing(book: Book) -> NothingToLoad:
    if len(book.sheets) > _MOST_SHEETS:
        return NothingToLoad(say("has no sheet with anything in it among its first {sheets}", sheets=_MOST_SHEETS))
    return NothingToLoad(say("has no sheet with anything in it"))
