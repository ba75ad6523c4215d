"""Parse records of delimited text (RFC 4180) as bytes, so that published values can be passed on unchanged.

A quote begins a quoted value only at the beginning of the value; anywhere else it is an ordinary character.
(PostgreSQL's COPY would begin a quoted part there, so `tidy` quotes such a value.)
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

#: bytes of a record; PostgreSQL could not store much more in one row
LONGEST_RECORD = 64 << 20

_RETURNS = re.compile(rb"\r*")
_OPENED = re.compile(rb'[ \t]*"[^"]*(?:""[^"]*)*')
#: bytes behind a closing quote that may be an incomplete whitespace character
_CUT_OFF = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the values and rows of a text are separated."""

    separator: bytes
    #: spaces and tabs between a separator and a quote are layout, not data: `1, "x"`
    padded: bool = False
    #: where a lone CR ends a row: None: nowhere; 0: everywhere; else: where the row then has this many values
    returns: int | None = None
    #: take a wrongly quoted value as it is written, instead of raising BadQuoting
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class RowShape:
    """What all records of an orderly file have in common."""

    width: int
    separator: bytes
    #: b"\\n" or b"\\r\\n"
    newline: bytes
    #: records of nothing but separators are not rows
    skips_empty: bool = False
    padded: bool = False
    #: the file has CRs that no LF follows
    returns: bool = False

    @property
    def dialect(self) -> Dialect:
        """The dialect in which the file's records are parsed."""
        returns = self.width if self.returns else None
        return Dialect(separator=self.separator, padded=self.padded, returns=returns)


@dataclass(frozen=True, slots=True)
class Header:
    """The first record of a file that is not blank."""

    values: tuple[str, ...]
    #: line end of the header: LF or CRLF
    newline: bytes


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record: the bytes of its values as published, including quotes."""

    values: list[bytes]
    #: line of the file on which it begins, from 1
    line: int

    @property
    def blank(self) -> bool:
        """Whether the record holds nothing but whitespace."""
        return not self.values[0].strip() and not b"".join(self.values).strip()


@dataclass(slots=True)
class Piece:
    """Some bytes of a file, beginning where a record begins."""

    data: bytes
    line: int
    #: nothing follows in the file
    final: bool
    #: bytes that were processed; the rest is repeated at the beginning of the next piece
    used: int = 0
    #: records so far that ended in a lone CR
    returns: int = 0
    #: start and end of the last run of CRs that was scanned
    run: tuple[int, int] = (0, 0)

    def end_after(self, place: int) -> int:
        """Return where the line end ends whose first CR is right before ``place``; a run of CRs is scanned once."""
        if not self.run[0] < place <= self.run[1]:
            self.run = place - 1, _end_of_returns(self.data, place)
        end = self.run[1]
        return end + 1 if self.data[end : end + 1] == b"\n" else place


def pieces(
    path: Path, *, start: int = 0, line: int = 1, end: int | None = None, size: int = PIECE_BYTES
) -> Iterator[Piece]:
    """Yield the bytes from ``start`` to ``end`` in pieces; the caller sets ``used`` to what it processed of each.

    :param line: number of the line that the first byte is in.
    :raises BadQuoting: when a quoted value does not end within ``LONGEST_RECORD`` bytes.
    :raises LineTooLong: when a line does not end within them.
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
                # only a quoted value continues on the next line
                raise BadQuoting(line) if b"\n" in rest else LineTooLong(line, LONGEST_RECORD)


def records(piece: Piece, dialect: Dialect) -> Iterator[CsvRecord]:
    """Yield the complete records of a piece, marking each as used.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    data, line, quote, stop, last = piece.data, piece.line, -1, -1, 0
    while piece.used < len(data):
        start = piece.used
        if quote < start:
            quote = _or_end(data.find(b'"', start), data)
        if stop < start:
            stop = _or_end(data.find(b"\n", start), data)
            # with CR as a row's end a line may have many rows, so it is searched only once
            last = start if dialect.returns is None else _last_row(data, start, stop)
        one_row = start >= last
        if stop == len(data) and not piece.final and one_row:
            return
        # the fast path, for most lines: no quote before the line's end
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
    """Return where the last run of CRs before a line's last row begins; ``start`` when the line is one row."""
    line = data[start:stop].rstrip(b"\r")
    return start + len(line[: line.rfind(b"\r") + 1].rstrip(b"\r"))


def _or_end(found: int, data: bytes) -> int:
    return len(data) if found < 0 else found


def _unpadded(values: list[bytes]) -> list[bytes]:
    first, *others = values
    return [first, *(value.lstrip(b" \t") for value in others)]


def _record(piece: Piece, dialect: Dialect, line: int) -> tuple[list[bytes], int]:
    """Return the values of the record at ``piece.used``, and its end; no values when the piece ends before it does.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    if dialect.returns is None:
        return _parsed(piece, dialect, line, returns=False)
    short = _parsed(piece, dialect, line, returns=True)
    if dialect.returns <= 1 or not b"".join(short[0]).strip():
        return short
    fits = len(short[0]) == dialect.returns
    try:
        # when it is wider than the header, its exact width does not matter, and the line may be very long
        whole = _parsed(piece, dialect, line, returns=False, most=dialect.returns if fits else None)
    except BadQuoting:
        return short
    # the CR is part of a value if the row has the expected width only with it
    return short if fits and whole[0] and len(whole[0]) != dialect.returns else whole


def _parsed(
    piece: Piece, dialect: Dialect, line: int, *, returns: bool, most: int | None = None
) -> tuple[list[bytes], int]:
    """Return the values of a record, and its end; no values when the piece ends before the record does.

    After ``MOST_FIELDS`` values, the last value holds all the rest: millions of values are not needed one by one.

    :param returns: a CR in unquoted text ends the record.
    :param most: stop when there are more values than this.
    """
    pattern = value_pattern(dialect.separator, dialect.padded, returns)
    start = piece.used
    begun = not returns or piece.data[start - 1 : start] == b"\n"
    # some programs write line ends as LF CR
    position = _end_of_returns(piece.data, start) if begun else start
    values: list[bytes] = []
    last, many = position, 0
    while True:
        found = pattern.match(piece.data, position)
        if not found:
            if not _broken(piece, position):
                return [], piece.used
            found = _wrongly_quoted(piece, position, dialect, line, returns=returns)
        # at the end of the piece a value may be incomplete, and a CR may be half of a CRLF
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
    """Return a wrongly quoted value as it is written.

    :param line: line in which the record begins.
    :raises BadQuoting: when the dialect is not lenient.
    """
    if not dialect.lenient:
        raise BadQuoting(line + piece.data.count(b"\n", piece.used, position))
    found = as_written(dialect.separator, returns).match(piece.data, position)
    assert found
    return found


def _end_of_returns(data: bytes, place: int) -> int:
    """Return the end of the run of CRs at a place; the place itself when there is none."""
    return _RETURNS.match(data, place).end()  # type: ignore[union-attr]


def read_header(path: Path, dialect: Dialect, start: int = 0, line: int = 1) -> Header | None:
    """Return a file's header: the first record from ``start`` (in line ``line``) on that is not blank; None if all are.

    :raises BadQuoting: when a heading is quoted wrongly.
    """
    for piece in pieces(path, start=start, line=line):
        for record in records(piece, dialect):
            if not record.blank:
                newline = b"\r\n" if piece.data[: piece.used].endswith(b"\r\n") else b"\n"
                return Header(tuple(plain(value) for value in record.values), newline)
    return None


def _broken(piece: Piece, position: int) -> bool:
    """Return whether the value at ``position`` is wrongly quoted, and not only cut off where the piece ends."""
    opened = _OPENED.match(piece.data, position)
    if piece.final or not opened:
        return piece.final
    # the closing quote may be in the next piece, or what follows it may be incomplete
    return piece.data[opened.end() : opened.end() + 1] == b'"' and len(piece.data) - opened.end() > _CUT_OFF


def tidy(value: bytes) -> bytes:
    """Return a value quoted as needed for COPY to read it as it is meant."""
    if value.startswith(b'"'):
        return value
    # a line of nothing but \. would end COPY's data
    if b'"' in value or b"," in value or b"\r" in value or value == rb"\.":
        return b'"' + value.replace(b'"', b'""') + b'"'
    return value


def plain(value: bytes) -> str:
    """Return the text of a value, without its quoting."""
    if value.startswith(b'"'):
        value = value[1:-1].replace(b'""', b'"')
    return value.decode("utf-8")
