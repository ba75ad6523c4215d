"""Check that every row has as many fields as the header, and that COPY reads the file as it is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..text.decoding import PIECE_BYTES
from .fast_scan import orderly_rows
from .records import CsvRecord, RowShape, pieces, records, tidy

#: line numbers shown in messages at most
_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records that are all orderly."""

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
    """What `examine` found in a file."""

    #: records below the header with the header's number of fields
    rows: int = -1
    ragged: Ragged | None = None
    ragged_rows: int = 0
    #: numbers of blank lines in a table of several columns
    blank_lines: list[int] = field(default_factory=list)
    #: numbers of the first lines that hold nothing but separators
    empty_lines: list[int] = field(default_factory=list)
    #: how many such lines there are
    empty_rows: int = 0
    #: whether COPY reads the file as it is meant
    tidy: bool = True


def walk(
    path: Path, shape: RowShape, *, start: int = 0, line: int = 1, end: int | None = None, size: int = PIECE_BYTES
) -> Iterator[Block | CsvRecord]:
    """Yield the bytes from ``start`` to ``end``: as blocks where the file is orderly, else as single records.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    for piece in pieces(path, start=start, line=line, end=end, size=size):
        rows = orderly_rows(piece, shape)
        if rows is not None:
            yield Block(piece.data[: piece.used], rows, piece.line)
        else:
            yield from records(piece, shape.dialect)


def examine(path: Path, shape: RowShape, line: int = 1) -> Findings:
    """Read every record of a file, whose first line has the number ``line``, and return what was found.

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
    """Return up to three bytes from a place on, enough to see whether only one line end follows."""
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
    """Return whether a record is not a row: a blank line in a table of several columns, or only separators."""
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
    """Return the size of a file without the line ends at its end, in bytes."""
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
