"""Read the cells of one sheet of an ODS spreadsheet."""

from __future__ import annotations

import re

from ...core.errors import Damaged
from ...core.message import say
from ..xml_stream import DEEPEST, SEP, Markup
from .cells import clean, iso, number, period
from .workbook import Faults

WHAT = say("{format} spreadsheet", format="ODS")
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
TABLE = f"{_OASIS}table:1.0{SEP}"
_OFFICE = f"{_OASIS}office:1.0{SEP}"
_TEXT = f"{_OASIS}text:1.0{SEP}"
_DRAW = f"{_OASIS}drawing:1.0{SEP}"
_VALUE_TYPE = f"urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0{SEP}value-type"
#: depth of a sheet's element: document, body, spreadsheet, table
SHEET_DEPTH = 4
LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
#: characters of all texts of one row, including repeated cells
MOST_TEXT = 32 << 20
_BLANKS = re.compile(r"[ \t\r\n]+")

#: a row's number, its values, and how many consecutive rows have these values
Rows = list[tuple[int, list[str | None], int]]


class TableReader:
    """Receives the XML of a spreadsheet, and returns the rows of one sheet that are not blank."""

    def __init__(self, wanted: int, faults: Faults) -> None:
        """Prepare to read the sheet with this number, from 0."""
        self.done = False
        self._wanted, self._faults = wanted, faults
        self._markup = Markup(WHAT)
        self._markup.on(self._start, self._end)
        self._rows: Rows = []
        self._sheet = -1
        self._depth = 0
        #: depth of the comment or drawing that is being skipped; 0 for none
        self._skipped = 0
        self._row: list[str | None] = []
        self._number, self._times, self._column, self._length = 0, 1, 0, 0
        self._cell: dict[str, str] | None = None
        self._lines: list[list[str]] = []
        #: whether text belongs to a paragraph
        self._reading = False

    def feed(self, piece: bytes, *, final: bool = False) -> Rows:
        """Return the rows that end in these bytes.

        :raises Damaged: when the XML is not valid, or a row or the sheet is too long.
        """
        self._rows = []
        self._markup.feed(piece, final=final)
        return self._rows

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Damaged(WHAT, say("its XML is nested too deeply"))
        if element == TABLE + "table" and self._depth == SHEET_DEPTH:
            self._sheet += 1
        if self._sheet != self._wanted or self._skipped:
            self._markup.rest()
        elif element == TABLE + "table-row":
            self._begin_row(attributes)
        elif element in (TABLE + "table-cell", TABLE + "covered-table-cell"):
            self._cell = attributes
            self._lines = []
        elif element in (_OFFICE + "annotation", TABLE + "shapes") or element.startswith(_DRAW):
            self._skipped = self._depth
            self._markup.take(None)
        elif self._cell is not None and element.startswith(_TEXT):
            self._begin_text(element, attributes)

    def _end(self, element: str) -> None:
        if self._skipped:
            if self._skipped == self._depth:
                self._skipped = 0
                self._markup.take(self._add if self._reading else None)
        elif self._sheet == self._wanted:
            if element == TABLE + "table-row":
                self._end_row()
            elif element in (TABLE + "table-cell", TABLE + "covered-table-cell"):
                self._end_cell()
            elif element == _TEXT + "p":
                self._reading = False
                self._markup.take(None)
            elif element == TABLE + "table" and self._depth == SHEET_DEPTH:
                self.done = True
        self._depth -= 1

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._number += self._times if self._number else 1
        self._times = _count(attributes.get(TABLE + "number-rows-repeated"))
        self._row, self._column, self._length = [], 0, 0

    def _end_row(self) -> None:
        self._markup.rest()
        if not self._row:
            return
        if self._number + self._times - 1 > LAST_ROW:
            raise Damaged(WHAT, say("it has more than {most} rows", most=LAST_ROW))
        self._rows.append((self._number, self._row, self._times))

    def _begin_text(self, element: str, attributes: dict[str, str]) -> None:
        if element == _TEXT + "p":
            self._lines.append([])
            self._reading = True
            self._markup.take(self._add)
        elif element == _TEXT + "s" and self._lines:
            self._lines[-1].append(" " * min(_count(attributes.get(_TEXT + "c")), 1000))
        elif element in (_TEXT + "tab", _TEXT + "line-break") and self._lines:
            self._lines[-1].append("\t" if element.endswith("tab") else "\n")

    def _add(self, text: str) -> None:
        self._lines[-1].append(_BLANKS.sub(" ", text))

    def _end_cell(self) -> None:
        cell, self._cell = self._cell or {}, None
        times = _count(cell.get(TABLE + "number-columns-repeated"))
        value = self._value(cell, "\n".join("".join(line) for line in self._lines))
        if value and not value.isspace():
            self._length += len(value) * times
            if self._column + times > LAST_COLUMN or self._length > MOST_TEXT:
                raise Damaged(WHAT, say("row {number} is too long", number=self._number))
            self._row.extend([None] * (self._column - len(self._row)))
            self._row.extend([value] * times)
        elif value == "" and TABLE + "formula" in cell and cell.get(_OFFICE + "value-type") != "string":
            self._faults.add_missing(self._number, self._column, times * self._times)
        self._column += times

    def _value(self, cell: dict[str, str], text: str) -> str | None:
        kind = cell.get(_OFFICE + "value-type", "")
        # LibreOffice marks errors; other programs write them as the text of a number
        if cell.get(_VALUE_TYPE) == "error" or (kind == "float" and text.startswith(("#", "Err:"))):
            self._faults.add(text.strip() or "an error", self._number, self._column)
            return None
        if kind in ("float", "percentage", "currency"):
            return number(cell.get(_OFFICE + "value", ""))
        if kind == "date":
            return iso(cell.get(_OFFICE + "date-value", ""))
        if kind == "time":
            return period(cell.get(_OFFICE + "time-value", ""))
        if kind == "boolean":
            return cell.get(_OFFICE + "boolean-value", "")
        return clean(cell.get(_OFFICE + "string-value") or text)


def _count(given: str | None) -> int:
    """Return a repeat count: 1 when there is none, and at most the number of rows that a sheet can have."""
    return min(int(given), LAST_ROW) if given and given.isdecimal() and len(given) < 19 and int(given) else 1
