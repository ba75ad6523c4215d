"""Base of the spreadsheet formats: choose a sheet, write its table, and log what was left out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar

from ...core import how_to_read
from ...core.errors import NothingToLoad
from ...core.message import join, say, say_n
from ...core.parts import named
from ...core.values import CleanCsv, Log, Source
from ..base import Work
from ..parts import note
from ..sandbox.sandboxed import Apart
from .first_cells import first_cells
from .sheet_choice import Choice, choose
from .table import Table, write_table
from .workbook import Book, Faults, Sheet, SheetRow

TARGET = "sheet.csv"
#: most sheets that one sentence names
_MOST_NAMED = 20


class Spreadsheet(Apart):
    """Base of the workbook formats; a subclass opens the workbook."""

    signed: ClassVar[bool] = True

    @abstractmethod
    def open(self, source: Source, work: Work) -> AbstractContextManager[Book]:
        """Open a workbook.

        :raises Damaged: when it cannot be read, on opening or while it is open.
        :raises Locked: when it is protected by a password.
        """

    def read(self, source: Source, work: Work) -> CleanCsv:
        """Convert the sheet that ``dpp_sheet`` names, else the first one with a table, to canonical CSV."""
        with self.open(source, work) as book:
            sheets = tuple(sheet.name for sheet in book.sheets)
            note(work.dir, named(sheets))
            choice = choose(book, work.options.sheet or work.options.workbook_sheet)
            sheet = choice.sheet
            _log_sheets(book, choice, work.log)
            table, faults = _written(book, sheet, source.size, work)
        note(work.dir, first_cells(self.open, source, work, sheets))
        if table is None:
            raise NothingToLoad(say("has nothing in its sheet “{name}”", name=sheet.name))
        _log_table(table, faults, work.log)
        return CleanCsv(
            path=work.dir / TARGET,
            header=table.header,
            format=say("{format}, sheet “{sheet}”", format=self.name, sheet=sheet.name),
            encoding="",
            first_line=table.first_row,
            counts="row",
            sheet=sheet.name,
        )


def _written(book: Book, sheet: Sheet, size: int, work: Work) -> tuple[Table | None, Faults]:
    """Write the table of a sheet, and return it with the faults found on the last reading of the sheet."""
    faults = Faults()

    def rows() -> Iterator[SheetRow]:
        nonlocal faults
        faults = Faults()
        return book.rows(sheet, faults)

    most = work.limits.unpacked_from(size)
    table = write_table(rows, work.dir / TARGET, most_columns=work.limits.columns, most_bytes=most)
    return table, faults


def _log_sheets(book: Book, choice: Choice, log: Log) -> None:
    if choice.covers:
        log.info(
            say_n(
                "{covers} holds text about the data, so “{sheet}” is loaded instead.",
                "{covers} hold text about the data, so “{sheet}” is loaded instead.",
                len(choice.covers),
                covers=_named(choice.covers),
                sheet=choice.sheet.name,
            )
        )
    others = [other for other in book.sheets if other != choice.sheet]
    if others:
        said = say(
            "Sheet “{sheet}” is loaded; the workbook also has {others}.", sheet=choice.sheet.name, others=_named(others)
        )
        log.info(join((said, how_to_read.SHEET)))


def _named(sheets: Sequence[Sheet]) -> str:
    shown = sheets[:_MOST_NAMED]
    names = (say("“{sheet}” (hidden)", sheet=each.name) if each.hidden else f"“{each.name}”" for each in shown)
    listed, more = join(names, ", "), len(sheets) - len(shown)
    return say("{names} and {more} more", names=listed, more=more) if more else listed


def _log_table(table: Table, faults: Faults, log: Log) -> None:
    if table.titles:
        above = _quoted(table.titles)
        log.warning(
            say(
                "The headings are in row {first_row}. What stands above was left out: {above}.",
                first_row=table.first_row,
                above=above,
            )
        )
    if table.notes:
        log.warning(say("What stands below the table was left out: {notes}.", notes=_quoted(table.notes)))
    if faults.kinds:
        kinds = ", ".join(f"{kind} ({count:,})" for kind, count in faults.kinds.most_common(8))
        log.warning(
            say(
                "Errors of formulas, the first in cell {first}, were left empty: {kinds}.",
                first=faults.first,
                kinds=kinds,
            )
        )
    if faults.missing:
        log.warning(
            say_n(
                "{n} formula has no value; open the workbook in a spreadsheet program and save it (the first is in "
                "cell {cell}).",
                "{n} formulas have no value; open the workbook in a spreadsheet program and save it (the first is in "
                "cell {cell}).",
                faults.missing,
                cell=faults.first_missing,
            )
        )


def _quoted(texts: Sequence[str]) -> str:
    return "; ".join(f"“{text[:100]}”" for text in texts[:5]) + ("; …" if len(texts) > 5 else "")
