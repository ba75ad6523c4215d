"""XLSB: binary workbooks, read one whole sheet at a time."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from ...core.errors import Damaged, Locked
from ...core.message import say
from ...core.values import Source
from .. import zip_reader
from ..base import Work, register
from .base import Spreadsheet
from .cells import clean, clock, plain
from .workbook import Book, Faults, Sheet, SheetRow
from .xlsx import Parts

WHAT = say("{format} workbook", format="XLSB")
_ROW, _ERROR, _FORMULA_ERROR, _SHEET = 0, 3, 11, 156
_LARGEST_RECORD = 1 << 20
_KINDS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


@register
class Xlsb(Spreadsheet):
    """Binary Office Open XML workbooks."""

    name: ClassVar[str] = "XLSB"
    aliases: ClassVar[frozenset[str]] = frozenset({"xlsb"})
    extensions: ClassVar[frozenset[str]] = frozenset({"xlsb"})
    media_types: ClassVar[frozenset[str]] = frozenset({"application/vnd.ms-excel.sheet.binary.macroenabled.12"})

    def recognises_members(self, members: Collection[str]) -> bool:
        """Return whether the members include the workbook part of this format."""
        return "xl/workbook.bin" in members

    @contextmanager
    def open(self, source: Source, work: Work) -> Iterator[Book]:
        """Open a workbook."""
        # keep calamine out of the process that runs are forked from
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError

        with zip_reader.opened(source.path) as archive:
            parts = Parts(archive, WHAT, work.limits.unpacked_from(source.size), work.log)
            try:
                with CalamineWorkbook.from_path(source.path) as book:
                    yield XlsbBook(book, parts)
            except PasswordError as error:
                raise Locked(say("workbook")) from error
            except (CalamineError, OSError, ValueError) as error:
                raise Damaged(WHAT, say("Excel's records in it are not in order")) from error


class XlsbBook(Book):
    """An open XLSB workbook: calamine reads the values; errors, which it does not return, are read here."""

    def __init__(self, book: Any, parts: Parts) -> None:
        """Take the workbook opened by calamine, and the parts of the file."""
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        self._book, self._parts = book, parts
        places = _places(parts)
        self.sheets = tuple(
            Sheet(found.name, found.visible != SheetVisibleEnum.Visible, places.get(found.name, ""))
            for found in book.sheets_metadata
            if found.typ == SheetTypeEnum.WorkSheet
        )

    def rows(self, sheet: Sheet, faults: Faults) -> Iterator[SheetRow]:
        """Yield the rows that are not blank."""
        if self._parts.has(sheet.place):
            _look_for_errors(self._parts.pieces(sheet.place), faults)
        found = self._book.get_sheet_by_name(sheet.name)
        # calamine includes blank rows at the top, so row numbers are right, but not blank columns at the left
        for number, values in enumerate(found.iter_rows(), 1):
            row: list[str | None] = []
            for column, value in enumerate(values):
                if text := _text(value):
                    row.extend([None] * (column - len(row)))
                    row.append(text)
            if row:
                yield number, row


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return clean(value) if value and not value.isspace() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return plain(float(value))
    if isinstance(value, timedelta):
        return clock(value)
    if isinstance(value, datetime) and value.time() == time.min:
        value = value.date()
    return value.isoformat() if isinstance(value, date | time) else None


def _places(parts: Parts) -> dict[str, str]:
    """Return the name of each sheet's part by the sheet's name."""
    related = parts.related("xl/workbook.bin")
    places: dict[str, str] = {}
    for kind, data in _records(parts.pieces("xl/workbook.bin", zip_reader.MOST_ABOUT)):
        if kind == _SHEET:
            key, end = _wide(data, 8)
            places[_wide(data, end)[0]] = related.get(key, ("", ""))[1]
    return places


def _look_for_errors(pieces: Iterable[bytes], faults: Faults) -> None:
    row = 0
    for kind, data in _records(pieces):
        if kind == _ROW and len(data) >= 4:
            row = struct.unpack_from("<L", data)[0]
        elif kind in (_ERROR, _FORMULA_ERROR) and len(data) >= 9:
            faults.add(_KINDS.get(data[8], "an error"), row + 1, struct.unpack_from("<L", data)[0])


def _records(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a part as pairs of type and content."""
    data = b""
    for piece in pieces:
        data += piece
        place = 0
        while (header := _header(data, place)) and (end := header[1] + header[2]) <= len(data):
            yield header[0], data[header[1] : end]
            place = end
        data = data[place:]
        if len(data) > _LARGEST_RECORD:
            raise Damaged(WHAT, say("a record in it has no end"))


def _header(data: bytes, place: int) -> tuple[int, int, int] | None:
    """Return a record's type, the place of its content, and its length; None when its header is incomplete."""
    found: list[int] = []
    for most in (2, 4):
        value = 0
        for byte in range(most):
            if place >= len(data):
                return None
            value |= (data[place] & 0x7F) << (7 * byte)
            place += 1
            if not data[place - 1] & 0x80:
                break
        found.append(value)
    return found[0], place, found[1]


def _wide(data: bytes, place: int) -> tuple[str, int]:
    """Return the string (XLWideString) at a place, and the place where it ends."""
    if len(data) < place + 4:
        return "", len(data)
    end = place + 4 + 2 * struct.unpack_from("<L", data, place)[0]
    return data[place + 4 : end].decode("utf-16-le", "replace"), end
