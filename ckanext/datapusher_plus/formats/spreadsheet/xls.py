"""XLS: workbooks of Excel 97 and before, which must be read as a whole."""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any, ClassVar

from ...core.errors import Damaged, Locked, NotText
from ...core.message import say
from ...core.values import Source
from ..base import Work, register
from .base import Spreadsheet
from .cells import Shown, built_in, clean, plain, shown_as
from .workbook import Book, Faults, Sheet, SheetRow

WHAT = say("{format} workbook", format="XLS")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: workbooks of Excel 2 to 4 are streams without an OLE container
_BARE = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")


@register
class Xls(Spreadsheet):
    """Workbooks in the binary format of Excel 97 and before."""

    name: ClassVar[str] = "XLS"
    aliases: ClassVar[frozenset[str]] = frozenset({"xls"})
    extensions: ClassVar[frozenset[str]] = frozenset({"xls", "xlt"})
    media_types: ClassVar[frozenset[str]] = frozenset({"application/vnd.ms-excel", "application/msexcel"})

    def recognises(self, head: bytes) -> bool:
        """Return whether it may be a workbook; other documents of old Microsoft Office begin alike."""
        return head.startswith((_OLE, *_BARE))

    @contextmanager
    def open(self, source: Source, work: Work) -> Iterator[Book]:
        """Open a workbook."""
        # keep xlrd out of the process that runs are forked from
        import xlrd
        from xlrd.biffh import XLRDError
        from xlrd.compdoc import CompDocError

        _refuse_others(source)
        try:
            # xlrd prints its warnings
            with (
                redirect_stdout(StringIO()),
                xlrd.open_workbook(str(source.path), on_demand=True, formatting_info=True) as book,
            ):
                yield XlsBook(book)
        except (XLRDError, CompDocError) as error:
            if "encrypt" in str(error).lower():
                raise Locked(say("workbook")) from error
            raise Damaged(WHAT, say("Excel's records in it are not in order")) from error
        except (AssertionError, AttributeError, LookupError, TypeError, ValueError, ArithmeticError, OSError) as error:
            raise Damaged(WHAT, say("Excel's records in it are not in order")) from error


def _refuse_others(source: Source) -> None:
    """Check the names of the streams in the file.

    :raises Locked: when it is an encrypted workbook, of any version.
    :raises NotText: when it is another kind of document.
    """
    with source.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[: len(_OLE)] != _OLE:
            return
        if data.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise Locked(say("workbook"))
        if not any(data.find(f"{name}\0".encode("utf-16-le")) >= 0 for name in ("Workbook", "Book", "WORKBOOK")):
            raise NotText(say("a document of old Microsoft Office"))


class XlsBook(Book):
    """An open XLS workbook."""

    def __init__(self, book: Any) -> None:
        """Take the workbook opened by xlrd."""
        self._book = book
        self._styles: dict[int, Shown | None] = {}
        self.sheets = tuple(
            Sheet(name, bool(self._book._sheet_visibility[place]), str(place))
            for place, name in enumerate(book.sheet_names())
        )

    def rows(self, sheet: Sheet, faults: Faults) -> Iterator[SheetRow]:
        """Yield the rows that are not blank."""
        import xlrd

        found = self._book.sheet_by_index(int(sheet.place))
        filled, empty = Counter[int](), dict[int, list[int]]()
        for number in range(found.nrows):
            row: list[str | None] = []
            types, values = found.row_types(number), found.row_values(number)
            for column, (kind, value) in enumerate(zip(types, values, strict=True)):
                if kind == xlrd.XL_CELL_ERROR:
                    faults.add(xlrd.error_text_from_code.get(value, "an error"), number + 1, column)
                elif kind == xlrd.XL_CELL_TEXT and not value:
                    empty.setdefault(column, []).append(number + 1)
                elif text := self._text(kind, value, found, number, column):
                    row.extend([None] * (column - len(row)))
                    row.append(text)
                    filled[column] += 1
            if row:
                yield number + 1, row
        # xlrd returns an empty text for a formula never calculated, but also for an empty result; a whole column of
        # empty texts was never calculated
        for column, rows in empty.items():
            if filled[column] <= 1:
                faults.add_missing(rows[0], column, len(rows))

    def _text(self, kind: int, value: Any, sheet: Any, row: int, column: int) -> str | None:
        import xlrd

        if kind == xlrd.XL_CELL_TEXT:
            return clean(value) if value and not value.isspace() else None
        if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            shown = self._shown(sheet.cell_xf_index(row, column))
            return shown(repr(value)) if shown else plain(value)
        return ("true" if value else "false") if kind == xlrd.XL_CELL_BOOLEAN else None

    def _shown(self, style: int) -> Shown | None:
        """Return the function that converts numbers with this cell style to text."""
        if style not in self._styles:
            key = self._book.xf_list[style].format_key
            # formats of East Asian versions of Excel have an ID and no text
            own = self._book.format_map.get(key)
            number_format = (own and own.format_str) or built_in(key)
            self._styles[style] = shown_as(number_format, since_1904=bool(self._book.datemode))
        return self._styles[style]
