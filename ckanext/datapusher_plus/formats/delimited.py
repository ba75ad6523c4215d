"""CSV and TSV, and what is called so: tables with one record a line and values between separators."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import ClassVar

from ..core.errors import BadQuoting, NothingToLoad
from ..core.values import CleanCsv, Source
from .base import Format, Work, read_head, register
from .check import Block, joined, walk
from .quick import Shape
from .records import Piece, Record, read_header, records
from .text import as_utf8

_SEPARATORS = {b",": "commas", b"\t": "tabs", b";": "semicolons", b"|": "bars"}
#: records by which a separator is judged
_SAMPLE = 50


class Delimited(Format):
    """Tables of text; a subclass names its own separator."""

    separator: ClassVar[bytes]

    def resembles(self, head: bytes) -> bool:
        """Tell whether the first records have several values each, as many as the header."""
        return _agreement(head, self.separator) == 1

    def convert(self, source: Source, work: Work) -> CleanCsv:
        """Make canonical CSV of the file; the very file when it is that already."""
        text = as_utf8(source.path, work)
        separator = _separator(read_head(text.path), self.separator)
        header = read_header(text.path, separator)
        if header is None:
            raise NothingToLoad("is empty")
        path = text.path
        if separator != b",":
            path = work.dir / "commas.csv"
            _write_with_commas(text.path, Shape(len(header.values), separator, header.newline), path)
        how = "" if separator == self.separator else f" with {_SEPARATORS[separator]}"
        return CleanCsv(path=path, header=header.values, format=f"{self.name}{how}", encoding=text.encoding)


@register
class Csv(Delimited):
    """Comma-separated values; semicolons, tabs and bars are found out."""

    name = "CSV"
    aliases = frozenset({"csv"})
    extensions = frozenset({"csv"})
    media_types = frozenset({"text/csv", "application/csv", "text/comma-separated-values"})
    separator = b","


@register
class Tsv(Delimited):
    """Tab-separated values."""

    name = "TSV"
    aliases = frozenset({"tsv", "tab"})
    extensions = frozenset({"tsv", "tab"})
    media_types = frozenset({"text/tab-separated-values", "text/tsv"})
    separator = b"\t"


def _separator(head: bytes, own: bytes) -> bytes:
    """Return the separator by which half of the first records or more are as wide as the header, else the own one."""
    agreement = {separator: _agreement(head, separator) for separator in (own, *_SEPARATORS)}
    best = max(agreement, key=lambda separator: agreement[separator])
    return best if agreement[best] >= 0.5 else own


def _agreement(head: bytes, separator: bytes) -> float:
    """Return the share of the first records that are as wide as a header of several values."""
    widths: list[int] = []
    try:
        found = (record for record in records(Piece(head, 1, final=False), separator) if not record.blank)
        widths.extend(len(record.values) for record in islice(found, _SAMPLE))
    except BadQuoting:
        return 0
    if not widths or widths[0] < 2:
        return 0
    return sum(width == widths[0] for width in widths[1:]) / (len(widths) - 1) if widths[1:] else 1


def _write_with_commas(path: Path, shape: Shape, target: Path) -> None:
    """Write the file with commas, line for line, so that a line's number stays what the publisher sees."""
    with target.open("wb") as out:
        for item in walk(path, shape):
            if isinstance(item, Record):
                out.write(joined(item, shape.newline))
            else:
                out.write(_block_with_commas(item, shape))


def _block_with_commas(block: Block, shape: Shape) -> bytes:
    data = block.data
    if b'"' in data:
        found = records(Piece(data, 1, final=True), shape.separator)
        return b"".join(joined(record, shape.newline) for record in found)
    if b"," in data:
        # no quotes and no stray line ends are in an orderly block, so quoting the values with commas is enough
        value = rb"[^\r\n" + re.escape(shape.separator) + rb"]*"
        data = re.sub(value + b"," + value, rb'"\g<0>"', data)
    return data.replace(shape.separator, b",")
