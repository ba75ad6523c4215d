"""Rewrite a text table with commas, line by line, so that line numbers stay those of the published file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ..clean_csv.records import CsvRecord, Piece, RowShape, records
from ..clean_csv.validate import Block, joined, walk
from .candidates import named_width
from .decoding import PIECE_BYTES
from .footer import Footer
from .layout import Layout

#: exchanges CR and LF
SWAP = bytes.maketrans(b"\r\n", b"\n\r")
#: the end-of-file mark (Ctrl-Z) of text files on DOS
DOS_END = b"\x1a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """The changes to make in a file."""

    layout: Layout
    #: columns that are kept; the others, at the end, are empty
    width: int
    #: whether CR and LF were exchanged in the whole file
    swapped: bool
    #: whether there are CRs that no LF follows
    returns: bool
    #: notes below the table
    footer: Footer | None = None
    #: whether short rows are filled with empty values at their end
    fill: bool = False

    @property
    def shape(self) -> RowShape:
        """What the file's records have in common."""
        layout = self.layout
        return RowShape(
            len(layout.header), layout.separator, layout.newline, padded=layout.padded, returns=self.returns
        )

    @property
    def newline(self) -> bytes:
        """The line end to write: LF when a heading has a line break, which engines take for the end of a row."""
        broken = any("\r" in heading or "\n" in heading for heading in self.layout.header)
        return b"\n" if broken else self.layout.newline

    @property
    def needed(self) -> bool:
        """Whether anything is to be changed."""
        layout = self.layout
        moved = bool(layout.start or self.footer)
        lines = self.swapped or self.returns or self.newline != layout.newline
        return layout.separator != b"," or moved or layout.trailing or layout.padded or lines


@dataclass(slots=True)
class Rewritten:
    """What was changed in a table's rows."""

    #: rows that lost empty values at their end
    shortened: int = 0
    #: line numbers of rows that were filled with empty values
    filled: list[int] = field(default_factory=list)
    #: filled rows that would make one full row with the filled row in the line above, as if it had been broken in two
    halves: int = 0
    _last: CsvRecord | None = None

    @property
    def broken(self) -> bool:
        """Whether the short rows look like halves of rows."""
        return 4 * self.halves >= len(self.filled) > 0

    def fill(self, row: CsvRecord, width: int) -> list[bytes]:
        """Return the values of a row, with empty ones added at its end if it is short."""
        values, last = row.values, self._last
        # in a table of several columns a single value is more likely a title among the rows
        if row.blank or not min(2, width - 1) <= len(values) < width:
            return values
        self.halves += last is not None and last.line + 1 == row.line and len(last.values) + len(values) == width + 1
        self._last = row
        self.filled.append(row.line)
        return values + [b""] * (width - len(values))


def swap(path: Path, target: Path) -> Path:
    """Write a file with CR and LF exchanged."""
    with path.open("rb") as file, target.open("wb") as out:
        while piece := file.read(PIECE_BYTES):
            out.write(piece.translate(SWAP))
    return target


def has_returns(path: Path) -> bool:
    """Return whether a file has a CR that no LF follows, not counting a CR at its end."""
    with path.open("rb") as file:
        before = b""
        while piece := file.read(PIECE_BYTES):
            returns = piece.count(b"\r")
            if before == b"\r" and not piece.startswith(b"\n"):
                return True
            if returns and returns - piece.endswith(b"\r") != piece.count(b"\r\n"):
                return True
            before = piece[-1:]
    return False


def ends_as_in_dos(path: Path) -> bool:
    """Return whether a file ends in the end-of-file mark of DOS."""
    with path.open("rb") as file:
        file.seek(-min(1, path.stat().st_size), 2)
        return file.read() == DOS_END


def used_width(path: Path, layout: Layout, footer: Footer | None) -> int:
    """Return the number of columns up to the last that has a heading or any value; at least 1."""
    width, used = len(layout.header), named_width([heading.encode() for heading in layout.header])
    shape = RowShape(width, layout.separator, layout.newline)
    nothing = layout.separator * (width - used) + layout.newline
    for item in walk(path, shape, start=layout.start, line=layout.first_line, end=footer and footer.start):
        if isinstance(item, Block) and b'"' not in item.data and item.data.count(nothing) == item.rows:
            continue
        for record in _records(item, shape):
            reach = named_width(record.values)
            if used < reach <= width:
                used = reach
                nothing = layout.separator * (width - used) + layout.newline
        if used == width:
            break
    return max(used, 1)


def rewrite(path: Path, change: Rewriting, target: Path) -> Rewritten:
    """Write the table with commas, without what is above and below it; fill short rows unless they look broken."""
    done = _rewrite(path, change, target)
    return _rewrite(path, replace(change, fill=False), target) if done.broken else done


def _rewrite(path: Path, change: Rewriting, target: Path) -> Rewritten:
    done = Rewritten()
    shape, footer = change.shape, change.footer
    table = walk(path, shape, start=change.layout.start, line=change.layout.first_line, end=footer and footer.start)
    with target.open("wb") as out:
        for item in table:
            if isinstance(item, Block) and not _is_changed(item, change):
                out.write(_block_with_commas(item, shape))
                continue
            for record in _records(item, shape):
                if record.values == [DOS_END]:
                    continue
                values = _as_published(record.values, change)
                kept = values if named_width(values) > change.width else values[: change.width]
                done.shortened += len(kept) < len(values) and not record.blank
                row = CsvRecord(kept, record.line)
                filled = done.fill(row, change.width) if change.fill else kept
                out.write(joined(CsvRecord(filled, row.line), change.newline))
    return done


def _is_changed(block: Block, change: Rewriting) -> bool:
    """Return whether values or line ends of an orderly block must be changed."""
    # exchanged CR and LF are in quoted values too
    quoted = change.swapped and b'"' in block.data
    return quoted or change.width < change.shape.width or change.newline != change.layout.newline


def _records(item: Block | CsvRecord, shape: RowShape) -> Iterator[CsvRecord]:
    return records(Piece(item.data, 1, final=True), shape.dialect) if isinstance(item, Block) else iter((item,))


def _as_published(values: list[bytes], change: Rewriting) -> list[bytes]:
    return [value.translate(SWAP) for value in values] if change.swapped else values


def _block_with_commas(block: Block, shape: RowShape) -> bytes:
    data = block.data
    if shape.separator == b",":
        return data
    if b'"' in data:
        return b"".join(joined(record, shape.newline) for record in _records(block, shape))
    if b"," in data:
        # an orderly block without quotes has no stray line ends, so quoting the values with commas is enough
        data = _with_comma(shape.separator).sub(rb'"\g<0>"', data)
    return data.replace(shape.separator, b",")


@lru_cache
def _with_comma(separator: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a value with a comma; it is tried only where values begin."""
    ends = rb"\r\n" + re.escape(separator)
    return re.compile(rb"(?:\A|(?<=[" + ends + rb"]))[^," + ends + rb"]*,[^" + ends + rb"]*")
