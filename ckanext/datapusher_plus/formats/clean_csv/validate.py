"""Whether every row of a file has as many fields as its header, where it has not, and what COPY would misread in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..text.decoding import PIECE_BYTES
from .fast_scan import orderly_rows
from .records import CsvRecord, RowShape, pieces, records, tidy

#: line numbers that messages may show
_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Block:
    """Some records that are all in order."""

    data: bytes
    rows: int
    #: line of the file on which it begins, from 1
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ragged:
    """The first record that has more or fewer values than the header."""

    line: int
    found: int


@dataclass(slots=True, kw_only=True)
class Findings:
    """What `examine` saw in a file."""

    #: records below the header that are as wide as it
    rows: int = -1
    ragged: Ragged | None = None
    ragged_rows: int = 0
    #: lines of the file that are blank where a record of several values should be
    blank_lines: list[int] = field(default_factory=list)
    #: lines of rows of nothing but separators, the first ones, and how many there are
    empty_lines: list[int] = field(default_factory=list)
    empty_rows: int = 0
    #: COPY reads the file as it is meant
    tidy: bool = True


def walk(
    path: Path, shape: RowShape, *, start: int = 0, line: int = 1, end: int | None = None, size: int = PIECE_BYTES
) -> Iterator[Block | CsvRecord]:
    """Yield a file from ``start`` to ``end``: blocks where it is in order, single records where it is not.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    for piece in pieces(path, start=start, line=line, end=end, size=size):
        rows = orderly_rows(piece, shape)
        if rows is not None:
            yield Block(piece.data[: piece.used], rows, piece.line)
        else:
            yield from records(piece, shape.dialect)


def examine(path: Path, shape: RowShape, line: int = 1) -> Findings:
    """Look at every record of a file, whose first line counts as ``line``.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    end = content_end(path)
    findings = Findings(tidy=_bytes_from(path, end) in (b"", shape.newline))
    for item in walk(path, shape, line=line, end=end):
        if isinstance(item, Block):
            findings.rows += item.rows
        else:
            _look_at(item, shape, findings)
    return findings


def _bytes_from(path: Path, place: int) -> bytes:
    """Return the few bytes of a file from a place on, enough to see whether it is one line end."""
    with path.open("rb") as file:
        file.seek(place)
        return file.read(len(b"\r\n") + 1)


def _look_at(record: CsvRecord, shape: RowShape, findings: Findings) -> None:
    findings.tidy = False
    if is_left_out(record, shape):
        if len(record.values) == 1:
            findings.blank_lines.append(record.line)
        else:
            findings.empty_rows += 1
            findings.empty_lines += [record.line] * (findings.empty_rows <= _MOST_LINES)
    elif len(record.values) == shape.width:
        findings.rows += 1
    else:
        findings.ragged_rows += 1
        findings.ragged = findings.ragged or Ragged(line=record.line, found=len(record.values))


def is_left_out(record: CsvRecord, shape: RowShape) -> bool:
    """Tell whether a record is no row: a blank line in a table of several columns, a row of nothing but separators."""
    if len(record.values) == 1:
        return shape.width > 1 and record.blank
    return shape.skips_empty and record.blank


def joined(record: CsvRecord, newline: bytes) -> bytes:
    """Return a record as a line of canonical CSV."""
    line = b",".join(record.values)
    if b'"' in line or b"\r" in line or line == rb"\." or line.count(b",") >= len(record.values):
        line = b",".join(map(tidy, record.values))
    return line + newline


def content_end(path: Path) -> int:
    """Return the size of a file without the line ends at its end."""
    step = 1 << 16
    end = path.stat().st_size
    with path.open("rb") as file:
        while end:
            start = max(0, end - step)
            file.seek(start)
            kept = file.read(end - start).rstrip(b"\r\n")
            if kept:
                return start + len(kept)
            end = start
    return 0
