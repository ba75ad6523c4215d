"""Records of delimited text as RFC 4180 has them, read as bytes so that what was published can be passed on untouched.

A quote begins a quoted value only at the beginning of a value; anywhere else it is a letter like any other. (PostgreSQL
would take such a quote as the beginning of a quoted part, so `tidy` puts the value into quotes of its own.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import BadQuoting, LineTooLong
from ...core.quarantine import MOST_FIELDS
from ..text.decoding import PIECE_BYTES
from .value_patterns import as_written, value_pattern

#: bytes of a record; PostgreSQL could not take much more in a row
LONGEST_RECORD = 64 << 20

_RETURNS = re.compile(rb"\r*")
_OPENED = re.compile(rb'[ \t]*"[^"]*(?:""[^"]*)*')
#: bytes of a blank that may be cut off behind a closing quote
_CUT_OFF = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the values and rows of a text are told apart."""

    separator: bytes
    #: blanks after a separator are layout: `1, "x"`
    padded: bool = False
    #: where a CR alone ends a row: None: nowhere, 0: everywhere, else where that makes the row as wide as this
    returns: int | None = None
    #: take a value as written whose quotes are wrong
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class RowShape:
    """What every record of an orderly file has in common."""

    width: int
    separator: bytes
    #: b"\\n" or b"\\r\\n"
    newline: bytes
    #: rows of nothing but separators are no rows
    skips_empty: bool = False
    padded: bool = False
    #: there are CR without LF
    returns: bool = False

    @property
    def dialect(self) -> Dialect:
        """Return how the file's values are told apart."""
        returns = self.width if self.returns else None
        return Dialect(separator=self.separator, padded=self.padded, returns=returns)


@dataclass(frozen=True, slots=True)
class Header:
    """The first record of a file that is not blank."""

    values: tuple[str, ...]
    #: how its line ends: LF or CRLF
    newline: bytes


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record: the bytes of its values as published, quotes and all."""

    values: list[bytes]
    #: line of the file on which it begins, from 1
    line: int

    @property
    def blank(self) -> bool:
        """Tell whether there is nothing but blanks and separators."""
        return not self.values[0].strip() and not b"".join(self.values).strip()


@dataclass(slots=True)
class Piece:
    """Some bytes that begin where a record begins."""

    data: bytes
    line: int
    #: nothing follows
    final: bool
    #: bytes that were dealt with; the rest comes again at the beginning of the next piece
    used: int = 0
    #: records so far that a CR alone has ended
    returns: int = 0
    #: the CR in a row that were looked at last
    run: tuple[int, int] = (0, 0)

    def end_after(self, place: int) -> int:
        """Return where a line end ends whose first CR is before a place; many CR in a row are looked through once."""
        if not self.run[0] < place <= self.run[1]:
            self.run = place - 1, _end_of_returns(self.data, place)
        end = self.run[1]
        return end + 1 if self.data[end : end + 1] == b"\n" else place


def pieces(
    path: Path, *, start: int = 0, line: int = 1, end: int | None = None, size: int = PIECE_BYTES
) -> Iterator[Piece]:
    """Yield a file from ``start`` to ``end`` in pieces; the reader says by ``used`` how far it came in each.

    The first byte is in line number ``line``.

    :raises BadQuoting: when a quoted value does not end within ``LONGEST_RECORD`` bytes.
    :raises LineTooLong: when a line does not.
    """
    with path.open("rb") as file:
        file.seek(start)
        rest = b""
        while True:
            room = min(size, LONGEST_RECORD + 1 - len(rest))
            read = file.read(room if end is None else min(room, end - file.tell()))
            piece = Piece(rest + read, line, final=not read)
            if not piece.data:
                return
            yield piece
            line += piece.data.count(b"\n", 0, piece.used) + piece.returns
            rest = piece.data[piece.used :]
            if not read:
                return
            if len(rest) > LONGEST_RECORD:
                # only within quotes does a record go on in the next line
                raise BadQuoting(line) if b"\n" in rest else LineTooLong(line, LONGEST_RECORD)


def records(piece: Piece, dialect: Dialect) -> Iterator[CsvRecord]:
    """Yield the whole records of a piece, marking each as used.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    data, line, quote, stop, last = piece.data, piece.line, -1, -1, 0
    while piece.used < len(data):
        start = piece.used
        if quote < start:
            quote = _or_end(data.find(b'"', start), data)
        if stop < start:
            stop = _or_end(data.find(b"\n", start), data)
            # a line may have many rows: it is looked through once
            last = start if dialect.returns is None else _last_row(data, start, stop)
        one_row = start >= last
        if stop == len(data) and not piece.final and one_row:
            return
        # as most lines are; both are the end of the text when there is neither
        if quote >= stop and one_row:
            text = data[start:stop].strip(b"\r")
            values, piece.used = text.split(dialect.separator, MOST_FIELDS - 1), min(stop + 1, len(data))
        else:
            values, piece.used = _record(piece, dialect, line)
        if not values:
            return
        yield CsvRecord(_unpadded(values) if dialect.padded else values, line)
        alone = data[piece.used - 1 : piece.used] == b"\r"
        piece.returns += alone
        line += data.count(b"\n", start, piece.used) + alone


def _last_row(data: bytes, start: int, stop: int) -> int:
    """Return where the last row of a line may begin: at the last CR in it, those at its end aside."""
    line = data[start:stop].rstrip(b"\r")
    return start + len(line[: line.rfind(b"\r") + 1].rstrip(b"\r"))


def _or_end(found: int, data: bytes) -> int:
    return len(data) if found < 0 else found


def _unpadded(values: list[bytes]) -> list[bytes]:
    first, *others = values
    return [first, *(value.lstrip(b" \t") for value in others)]


def _record(piece: Piece, dialect: Dialect, line: int) -> tuple[list[bytes], int]:
    """Return the values of the record where the piece's use has come to, and its end; no values when it goes on.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    if dialect.returns is None:
        return _parsed(piece, dialect, line, returns=False)
    short = _parsed(piece, dialect, line, returns=True)
    if dialect.returns <= 1 or not b"".join(short[0]).strip():
        return short
    fits = len(short[0]) == dialect.returns
    try:
        # where it is too wide it does not matter how wide: the line may have many rows
        whole = _parsed(piece, dialect, line, returns=False, most=dialect.returns if fits else None)
    except BadQuoting:
        return short
    # a CR within a value leaves the row as wide as it is to be
    return short if fits and whole[0] and len(whole[0]) != dialect.returns else whole


def _parsed(
    piece: Piece, dialect: Dialect, line: int, *, returns: bool, most: int | None = None
) -> tuple[list[bytes], int]:
    """Return the values of a record, and its end, where a CR in unquoted text ends it or does not.

    The last of ``MOST_FIELDS`` values is all that follows: nobody needs millions of them one by one.

    :param most: with more values than these it does not go on.
    """
    pattern = value_pattern(dialect.separator, dialect.padded, returns)
    start = piece.used
    begun = not returns or piece.data[start - 1 : start] == b"\n"
    # some programs write LF and CR in this order
    position = _end_of_returns(piece.data, start) if begun else start
    values: list[bytes] = []
    last, many = position, 0
    while True:
        found = pattern.match(piece.data, position)
        if not found:
            if not _broken(piece, position):
                return [], piece.used
            found = _wrongly_quoted(piece, position, dialect, line, returns=returns)
        # what ends here may go on, and a CR may be half of a line end
        position = found.end()
        if found[3] == b"\r":
            position = piece.end_after(position)
        if position == len(piece.data) and found[3] in (b"", b"\r") and not piece.final:
            return [], piece.used
        quoted = found[1] is not None
        if len(values) < MOST_FIELDS:
            values.append(found[1] if quoted else found[2])
            last = found.start()
        else:
            many = found.start(3)
        if found[3] != dialect.separator:
            value = piece.data[last:many] if many else values[-1]
            values[-1] = value if quoted else value.rstrip(b"\r")
            return values, position
        if most is not None and len(values) > most:
            return values, position


def _wrongly_quoted(piece: Piece, position: int, dialect: Dialect, line: int, *, returns: bool) -> re.Match[bytes]:
    """Return a value as written whose quotes are wrong, in a record that begins in a line.

    :raises BadQuoting: when it may not be taken so.
    """
    if not dialect.lenient:
        raise BadQuoting(line + piece.data.count(b"\n", piece.used, position))
    found = as_written(dialect.separator, returns).match(piece.data, position)
    assert found
    return found


def _end_of_returns(data: bytes, place: int) -> int:
    """Return where the CR end that stand at a place, if any do."""
    return _RETURNS.match(data, place).end()  # type: ignore[union-attr]


def read_header(path: Path, dialect: Dialect, start: int = 0, line: int = 1) -> Header | None:
    """Return a file's header, from ``start`` in a line on, or None when there is nothing but separators and blanks.

    :raises BadQuoting: when a heading is quoted wrongly.
    """
    for piece in pieces(path, start=start, line=line):
        for record in records(piece, dialect):
            if not record.blank:
                newline = b"\r\n" if piece.data[: piece.used].endswith(b"\r\n") else b"\n"
                return Header(tuple(plain(value) for value in record.values), newline)
    return None


def _broken(piece: Piece, position: int) -> bool:
    """Tell whether the value at ``position`` is wrong, and not just cut off where the piece ends."""
    opened = _OPENED.match(piece.data, position)
    if piece.final or not opened:
        return piece.final
    # the closing quote may be yet to come, or half of what follows it
    return piece.data[opened.end() : opened.end() + 1] == b'"' and len(piece.data) - opened.end() > _CUT_OFF


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
