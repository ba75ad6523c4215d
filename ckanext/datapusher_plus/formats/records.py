"""Records of delimited text as RFC 4180 has them, read as bytes so that what was published can be passed on untouched.

A quote begins a quoted value only at the beginning of a value; anywhere else it is a letter like any other. (PostgreSQL
would take such a quote as the beginning of a quoted part, so `tidy` puts the value into quotes of its own.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..core.errors import BadQuoting
from .text import PIECE_BYTES

#: a longer record is taken for a quoted value that is never closed; PostgreSQL could not take much more in a row
LONGEST_RECORD = 64 << 20

_OPENED = re.compile(rb'"[^"]*(?:""[^"]*)*')


@dataclass(frozen=True, slots=True)
class Header:
    """The first record of a file that is not blank."""

    values: tuple[str, ...]
    #: how its line ends: LF or CRLF
    newline: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the bytes of its values as published, quotes and all."""

    values: list[bytes]
    #: line of the file on which it begins, from 1
    line: int

    @property
    def blank(self) -> bool:
        """Tell whether the record is a line with nothing but blanks."""
        return len(self.values) == 1 and not self.values[0].strip()


@dataclass(slots=True)
class Piece:
    """Some bytes that begin where a record begins."""

    data: bytes
    line: int
    #: nothing follows
    final: bool
    #: bytes that were dealt with; the rest comes again at the beginning of the next piece
    used: int = 0


def pieces(
    path: Path, *, start: int = 0, line: int = 1, end: int | None = None, size: int = PIECE_BYTES
) -> Iterator[Piece]:
    """Yield a file from ``start`` to ``end`` in pieces; the reader says by ``used`` how far it came in each.

    The first byte is in line number ``line``.

    :raises BadQuoting: when no record ends within ``LONGEST_RECORD`` bytes.
    """
    with path.open("rb") as file:
        file.seek(start)
        rest = b""
        while True:
            read = file.read(size if end is None else min(size, end - file.tell()))
            piece = Piece(rest + read, line, final=not read)
            if not piece.data:
                return
            yield piece
            line += piece.data.count(b"\n", 0, piece.used)
            rest = piece.data[piece.used :]
            if not read:
                return
            if len(rest) > LONGEST_RECORD:
                raise BadQuoting(line)


def records(piece: Piece, separator: bytes) -> Iterator[Record]:
    """Yield the whole records of a piece, marking each as used.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    data, line, quote = piece.data, piece.line, -1
    while piece.used < len(data):
        start = piece.used
        stop = data.find(b"\n", start)
        if quote < start:
            quote = _or_end(data.find(b'"', start), data)
        if stop < 0 and not piece.final:
            return
        stop = _or_end(stop, data)
        # a line without any quote, as most are, is a record
        unquoted = data[start:stop].removesuffix(b"\r").split(separator) if quote > stop else None
        values, piece.used = (unquoted, stop + 1) if unquoted else _quoted_record(piece, separator, line)
        if not values:
            return
        yield Record(values, line)
        line += data.count(b"\n", start, piece.used)


def _or_end(found: int, data: bytes) -> int:
    return len(data) if found < 0 else found


def _quoted_record(piece: Piece, separator: bytes, line: int) -> tuple[list[bytes], int]:
    """Return the values of the record where the piece's use has come to, and its end; no values when it goes on.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    pattern = _value_pattern(separator)
    position = piece.used
    values: list[bytes] = []
    while True:
        found = pattern.match(piece.data, position)
        if not found:
            if _broken(piece, position):
                raise BadQuoting(line + piece.data.count(b"\n", piece.used, position))
            return [], piece.used
        if not found[2] and not piece.final:
            return [], piece.used
        values.append(found[1])
        position = found.end()
        if found[2] != separator:
            values[-1] = values[-1].removesuffix(b"\r")
            return values, position


def read_header(path: Path, separator: bytes, start: int = 0) -> Header | None:
    """Return a file's header, from ``start`` on, or None when nothing but blank lines is in it.

    :raises BadQuoting: when a heading is quoted wrongly.
    """
    for piece in pieces(path, start=start):
        for record in records(piece, separator):
            if not record.blank:
                newline = b"\r\n" if piece.data[: piece.used].endswith(b"\r\n") else b"\n"
                return Header(tuple(plain(value) for value in record.values), newline)
    return None


def _broken(piece: Piece, position: int) -> bool:
    """Tell whether the value at ``position`` is wrong, and not just cut off where the piece ends."""
    opened = _OPENED.match(piece.data, position)
    if piece.final or not opened:
        return piece.final
    rest = piece.data[opened.end() :]
    # the closing quote may be yet to come, or half of the line end after it
    return rest not in (b"", b'"\r')


@lru_cache
def _value_pattern(separator: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a value and what ends it: separator, line end, or end of data."""
    sep = re.escape(separator)
    plain = rb'[^"\n' + sep + rb"][^\n" + sep + rb"]*|"
    return re.compile(rb'("[^"]*(?:""[^"]*)*"|' + plain + rb")(" + sep + rb"|\r?\n|\Z)")


def tidy(value: bytes) -> bytes:
    """Return a value as COPY understands it the way it is meant."""
    if value.startswith(b'"'):
        return value
    # a row with nothing but \. would end COPY's data
    if b'"' in value or b"," in value or b"\r" in value or value == rb"\.":
        return b'"' + value.replace(b'"', b'""') + b'"'
    return value


def plain(value: bytes) -> str:
    """Return what a value says."""
    if value.startswith(b'"'):
        value = value[1:-1].replace(b'""', b'"')
    return value.decode("utf-8")
