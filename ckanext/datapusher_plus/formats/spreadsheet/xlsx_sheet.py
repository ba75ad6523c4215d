"""Read the cells of one XLSX sheet. This code runs for each of millions of cells, so it is written for speed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ...core.errors import Damaged
from ...core.message import say
from ..xml_stream import DEEPEST, SEP, Markup
from .cells import Shown, clean, iso, number
from .text_store import Strings
from .workbook import Faults, SheetRow

WHAT = say("{format} workbook", format="XLSX")
LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
#: digits from which on a row's number is ignored
_DIGITS = 10
#: characters of all texts of one row; PostgreSQL could not store much more
MOST_TEXT = 32 << 20


class SheetReader:
    """Receives the XML of a sheet, and returns the rows that are not blank."""

    def __init__(self, strings: Strings, styles: Sequence[Shown | None], faults: Faults) -> None:
        """Take the shared strings and styles that cells refer to."""
        self.done = False
        self._strings, self._styles, self._faults = strings, styles, faults
        self._markup = Markup(WHAT)
        self._markup.on(self._root, self._end)
        self._rows: list[SheetRow] = []
        self._row: list[str | None] = []
        self._number = 0
        self._column = -1
        self._cell: dict[str, str] | None = None
        #: the last cell with a formula, and the last with a value or a text
        self._formula: dict[str, str] | None = None
        self._valued: dict[str, str] | None = None
        self._text: list[str] = []
        # saves two calls per cell, compared to the methods of ``Markup``
        self._parser, self._add = self._markup.parser, self._text.append
        self._phonetic = False
        #: nesting depth of elements that are not handled here
        self._depth = 0
        self._length = 0
        self._texts: tuple[str, ...] = ()
        self._c = self._row_name = self._ph = self._data = self._f = ""

    def feed(self, piece: bytes, *, final: bool = False) -> list[SheetRow]:
        """Return the rows that end in these bytes.

        :raises Damaged: when the XML or the sheet is not valid.
        """
        self._rows = []
        self._markup.feed(piece, final=final)
        return self._rows

    def _root(self, element: str, _: dict[str, str]) -> None:
        """Take the namespace, of which there are two, from the root element."""
        self._depth = 1
        space = element.rpartition(SEP)[0]
        prefix = space + SEP if space else ""
        names = ("c", "row", "rPh", "sheetData", "f")
        self._c, self._row_name, self._ph, self._data, self._f = (prefix + name for name in names)
        self._texts = (prefix + "v", prefix + "t")
        self._markup.on(self._start, self._end)

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        if element == self._c:
            if self._cell is not None:
                raise Damaged(WHAT, say("a cell stands in a cell"))
            self._cell = attributes
        elif element in self._texts:
            if self._cell is not None and not self._phonetic:
                self._parser.CharacterDataHandler = self._add
                self._valued = self._cell
        elif element == self._row_name:
            self._begin_row(attributes.get("r"))
        elif element == self._ph:
            self._phonetic = True
        else:
            if element == self._f:
                self._formula = self._cell
            self._depth += 1
            if self._depth > DEEPEST:
                raise Damaged(WHAT, say("its XML is nested too deeply"))

    def _end(self, element: str) -> None:
        if element == self._c:
            self._end_cell()
        elif element in self._texts:
            self._parser.CharacterDataHandler = None
        elif element == self._row_name:
            if self._row:
                self._rows.append((self._number, self._row))
                self._row = []
            self._markup.rest()
        elif element == self._ph:
            self._phonetic = False
        else:
            self._depth -= 1
            self.done = self.done or element == self._data

    def _begin_row(self, given: str | None) -> None:
        self._number = max(self._number + 1, int(given) if given and given.isdecimal() and len(given) < _DIGITS else 0)
        if self._number > LAST_ROW:
            raise Damaged(WHAT, say("it has more than {most} rows", most=LAST_ROW))
        self._row = []
        self._column = -1
        self._length = 0

    def _end_cell(self) -> None:
        cell = {} if self._cell is None else self._cell
        self._cell = None
        reference = cell.get("r")
        column = column_of(reference.rstrip("0123456789")) if reference else self._column + 1
        if column >= LAST_COLUMN:
            raise Damaged(WHAT, say("a cell is in no column"))
        self._column = column
        if not self._text:
            # an empty string is a formula's value too
            if self._formula is cell and not (self._valued is cell and cell.get("t") == "str"):
                self._faults.add_missing(self._number, column)
            return
        raw = self._text[0] if len(self._text) == 1 else "".join(self._text)
        self._text.clear()
        value = self._value(cell, raw, column)
        if not value or value.isspace():
            return
        row = self._row
        missing = column - len(row)
        if missing < 0:
            row[column] = value
            return
        if missing:
            row.extend([None] * missing)
        row.append(value)

    def _value(self, cell: dict[str, str], raw: str, column: int) -> str | None:
        kind = cell.get("t", "n")
        if kind == "n":
            style = cell.get("s")
            shown = self._style(style) if style else None
            return shown(raw) if shown else number(raw)
        if kind == "s":
            return self._counted(self._strings[raw])
        if kind == "e":
            self._faults.add(raw.strip(), self._number, column)
            return None
        if kind == "b":
            return "true" if raw.strip() in ("1", "true") else "false"
        return iso(raw) if kind == "d" else self._counted(clean(raw))

    def _counted(self, text: str) -> str:
        self._length += len(text)
        if self._length > MOST_TEXT:
            raise Damaged(WHAT, say("row {number} has more than {most} letters", number=self._number, most=MOST_TEXT))
        return text

    def _style(self, style: str) -> Shown | None:
        try:
            return self._styles[int(style)]
        except (ValueError, IndexError):
            return None


@lru_cache(LAST_COLUMN)
def column_of(name: str) -> int:
    """Return a column's number by its letters, 0 for A; ``LAST_COLUMN`` when they are not a column's."""
    column = 0
    if not 1 <= len(name) <= 3:
        return LAST_COLUMN
    for letter in name.upper():
        if not "A" <= letter <= "Z":
            return LAST_COLUMN
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1
