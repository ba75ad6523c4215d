"""The files of a ZIP archive that can be loaded, with their sizes and, if they are text, their first cells."""

from __future__ import annotations

import codecs
import csv
import lzma
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from ...core.errors import IngestError
from ...core.parts import FIRST_ROWS, MOST_PARTS, Part, named
from .. import zip_reader
from .listing import name_of

#: extensions of text, with the separator that the format names; None: the one that the first line has most of
_SEPARATORS = {"csv": None, "txt": None, "tsv": "\t", "tab": "\t", "ssv": ";", "scsv": ";", "psv": "|"}
_TRIED = ",;\t|"
#: what the reading of a damaged file may raise, by the way in which it is packed
_DAMAGED = (
    *(IngestError, BadZipFile, zlib.error, lzma.LZMAError, struct.error, csv.Error),
    *(OSError, EOFError, ValueError, OverflowError, NotImplementedError, RuntimeError),
)
#: bytes of the beginning that is read
_BEGINNING = 8192


def parts_of(archive: ZipFile, tables: Sequence[ZipInfo]) -> tuple[Part, ...]:
    """Return the files as parts; those that cannot be read have no cells."""
    return tuple(_part(archive, table) for table in tables[:MOST_PARTS])


def _part(archive: ZipFile, table: ZipInfo) -> Part:
    [bare] = named([name_of(table)])
    cells: tuple[str, ...] = ()
    # a damaged file that nobody has asked for does no harm to the one that is read
    with suppress(*_DAMAGED):
        cells = Part.of_rows(bare.name, _first_rows(archive, table)).cells
    return Part(name=bare.name, cells=cells, is_empty=not table.file_size, size=table.file_size)


def _first_rows(archive: ZipFile, table: ZipInfo) -> Iterator[list[str]]:
    extension = PurePosixPath(zip_reader.simple(table.filename)).suffix.removeprefix(".")
    if extension not in _SEPARATORS:
        return
    beginning = next(zip_reader.pieces(archive, table, table.file_size), b"")[:_BEGINNING]
    lines = _text(beginning).splitlines()
    if len(beginning) == _BEGINNING and len(lines) > 1:
        # it may be cut
        lines.pop()
    first = next((line for line in lines if line.strip()), "")
    yield from csv.reader(lines[:FIRST_ROWS], delimiter=_SEPARATORS[extension] or max(_TRIED, key=first.count))


def _text(beginning: bytes) -> str:
    encoding = "utf-16" if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    with suppress(UnicodeDecodeError):
        # not the final piece: its last character may be cut
        return codecs.getincrementaldecoder(encoding)().decode(beginning)
    return beginning.decode("cp1252", "replace")
