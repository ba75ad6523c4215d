"""ODS: OpenDocument spreadsheets, all of whose sheets are in one XML stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import ClassVar

from ...core.errors import Locked
from ...core.message import say
from ...core.values import Source
from .. import zip_reader
from ..base import Work, register
from ..xml_stream import SEP, Markup
from .base import Spreadsheet
from .ods_table import SHEET_DEPTH, TABLE, WHAT, TableReader
from .workbook import Book, Faults, Sheet, SheetRow

_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0" + SEP
_MIMETYPE = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


@register
class Ods(Spreadsheet):
    """OpenDocument spreadsheets."""

    name: ClassVar[str] = "ODS"
    aliases: ClassVar[frozenset[str]] = frozenset({"ods"})
    extensions: ClassVar[frozenset[str]] = frozenset({"ods", "ots"})
    media_types: ClassVar[frozenset[str]] = frozenset({"application/vnd.oasis.opendocument.spreadsheet"})

    def recognises(self, head: bytes) -> bool:
        """Return whether the archive begins with the ``mimetype`` member of this format."""
        return head.startswith(b"PK") and _MIMETYPE in head[:200]

    @contextmanager
    def open(self, source: Source, work: Work) -> Iterator[Book]:
        """Open a spreadsheet."""
        with zip_reader.opened(source.path) as archive:
            package = zip_reader.Package(archive, WHAT, work.limits.unpacked_from(source.size), work.log)
            if package.has("META-INF/manifest.xml") and _is_encrypted(package):
                raise Locked(say("spreadsheet"))
            yield OdsBook(package)


def _is_encrypted(package: zip_reader.Package) -> bool:
    found = False

    def start(element: str, _attributes: dict[str, str], _depth: int) -> None:
        nonlocal found
        found = found or element.endswith(SEP + "encryption-data")

    Markup(WHAT).scan(package.pieces("META-INF/manifest.xml", zip_reader.MOST_ABOUT), start)
    return found


class OdsBook(Book):
    """An open ODS spreadsheet."""

    def __init__(self, package: zip_reader.Package) -> None:
        """Find the sheets."""
        self._package = package
        self.sheets = self._found()

    def rows(self, sheet: Sheet, faults: Faults) -> Iterator[SheetRow]:
        """Yield the rows that are not blank."""
        reader = TableReader(int(sheet.place), faults)
        for piece in chain(self._package.pieces("content.xml"), [b""]):
            for number, row, times in reader.feed(piece, final=not piece):
                for again in range(times):
                    yield number + again, row.copy()
            if reader.done:
                return

    def _found(self) -> tuple[Sheet, ...]:
        """Return the sheets in their order; their ``place`` is their number, from 0."""
        names: list[tuple[str, str]] = []
        hidden: set[str] = set()
        style = ""

        def start(element: str, attributes: dict[str, str], depth: int) -> None:
            nonlocal style
            if element == TABLE + "table" and depth == SHEET_DEPTH:
                names.append((attributes.get(TABLE + "name", ""), attributes.get(TABLE + "style-name", "")))
            elif element == _STYLE + "style":
                style = attributes.get(_STYLE + "name", "")
            elif element == _STYLE + "table-properties" and attributes.get(TABLE + "display") == "false":
                hidden.add(style)

        Markup(WHAT).scan(self._package.pieces("content.xml"), start)
        return tuple(Sheet(name, style in hidden, str(place)) for place, (name, style) in enumerate(names))
