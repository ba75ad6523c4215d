"""Pass through the rows of canonical CSV without splitting them into values, which is fast and takes little memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..core.errors import EngineFailed
from ..core.message import say
from ..core.values import CleanCsv
from .duckdb_sql import ends_in_lf

_PIECE = 1 << 20
#: bytes of a row; several copies of it are in memory at once
LONGEST_ROW = 16 << 20
#: stands for a line break in a value, so that rows can be split at line breaks; no clean CSV contains it
_BREAK = b"\0"
_QUOTED = re.compile(rb'"[^"]*"')
#: a quoted value that means the same without its quotes; the quotes of an empty one say that it is not NULL
_NEEDLESSLY_QUOTED = re.compile(rb'(?<![^,\n])"([^",\r\n\0]+)"(?=[,\r\n]|\Z)')


def blocks(csv: CleanCsv) -> Iterator[list[bytes]]:
    """Yield the rows below the header in lists, each row as it is written, without its line end.

    Line breaks inside values are replaced by NUL; ``_written`` puts them back.
    """
    header = True
    for block in _lines(csv):
        yield block[1:] if header else block
        header = False


def same_text(row: bytes) -> bytes:
    """Return a row in the one way of writing that all rows with the same values share."""
    return _NEEDLESSLY_QUOTED.sub(rb"\1", row) if b'"' in row else row


def write_some(csv: CleanCsv, target: Path, *, first: int, last: int, without: Sequence[int] = ()) -> int:
    """Write the header and the rows from ``first`` to ``last``, and return the number of rows written.

    :param first: the first row to write, from 1 below the header, counted without those in ``without``.
    :param last: the last row to write, counted in the same way.
    :param without: rows to leave out, in ascending order, from 1 below the header.
    :raises EngineFailed: when a row has more than ``LONGEST_ROW`` bytes.
    """
    newline, skipped, row, kept = _newline(csv), iter(without), 0, 0
    skip = next(skipped, 0)
    with target.open("wb") as file:
        file.write(_written(_header(csv)) + newline)
        for block in blocks(csv):
            chosen: list[bytes] = []
            for text in block:
                row += 1
                if row == skip:
                    skip = next(skipped, 0)
                    continue
                kept += 1
                if first <= kept <= last:
                    chosen.append(_written(text) + newline)
            file.write(b"".join(chosen))
            if kept >= last:
                break
    return min(kept, last) - first + 1


def _header(csv: CleanCsv) -> bytes:
    return next(_lines(csv))[0]


def _lines(csv: CleanCsv) -> Iterator[list[bytes]]:
    """Yield all rows, that of the header too.

    :raises EngineFailed: when a row has more than ``LONGEST_ROW`` bytes.
    """
    newline, rest = _newline(csv), b""
    with csv.path.open("rb") as file:
        while piece := file.read(max(_PIECE, len(rest))):
            data = _without_breaks(rest + piece)
            end = data.rfind(b"\n", 0, _open_quote(data)) + 1
            rest = data[end:].replace(_BREAK, b"\n")
            if len(rest) > LONGEST_ROW:
                raise EngineFailed(say("a row has more than {limit} MiB", limit=LONGEST_ROW >> 20))
            if end:
                yield data[:end].removesuffix(newline).split(newline)
    if rest:
        yield _without_breaks(rest).split(newline)


def _without_breaks(data: bytes) -> bytes:
    return _QUOTED.sub(lambda value: value[0].replace(b"\n", _BREAK), data) if b'"' in data else data


def _open_quote(data: bytes) -> int:
    """Return the place of a quote that begins a value without end; the end of the data if there is none."""
    return data.rfind(b'"') if data.count(b'"') % 2 else len(data)


def _newline(csv: CleanCsv) -> bytes:
    return b"\n" if ends_in_lf(csv.path) else b"\r\n"


def _written(row: bytes) -> bytes:
    """Return a row as it is written in the file."""
    return row.replace(_BREAK, b"\n") if _BREAK in row else row
