"""Validate whole pieces of a file in a few passes over their bytes, without parsing each value.

In an orderly piece without quotes, deleting everything but separators and line ends must leave the same few bytes for
every record. Quoted values are first reduced to a single quote, which shows whether each quote is at a valid place.
34 MB of flight data take 0.1 s this way, against 3 s value by value; pieces that are not orderly go to `records`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .records import Piece, RowShape

_QUOTED = re.compile(rb'"[^"]*"')
_END_OF_COPY = re.compile(rb"^\\\.\r?$", re.MULTILINE)


def orderly_rows(piece: Piece, shape: RowShape) -> int | None:
    """Return the number of records at the beginning of the piece, and mark them as used; None if any is not orderly."""
    if shape.padded:
        return None
    end = len(piece.data) if piece.final else last_record_end(piece.data)
    body = piece.data[:end]
    if piece.final and not body.endswith(b"\n"):
        body += shape.newline
    lean = _lean(body, shape.separator)
    if not end or lean is None or not _one_newline(lean, shape.newline):
        return None
    rows = lean.count(b"\n")
    if shape.width == 1 and _END_OF_COPY.search(lean):
        return None
    if lean.translate(None, _all_but(shape.separator)) != (shape.separator * (shape.width - 1) + b"\n") * rows:
        return None
    if shape.skips_empty and _empty_row(shape.separator).search(b"\n" + lean):
        return None
    piece.used = end
    return rows


@lru_cache
def _empty_row(separator: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\n[ \t\v\f" + re.escape(separator) + rb"]+\r?\n")


def last_record_end(data: bytes) -> int:
    """Return the place after the last line end outside quotes; 0 when there is none."""
    inside = data.count(b'"') % 2
    end = len(data)
    while end > 0:
        # line ends within one quoted value, of which there may be thousands, are skipped together
        start = data.rfind(b'"' if inside else b"\n", 0, end)
        if not inside and start >= 0 and data.count(b'"', start, end) % 2 == 0:
            return start + 1
        inside = not inside
        end = start
    return 0


def _lean(body: bytes, separator: bytes) -> bytes | None:
    """Return the body with each quoted value reduced to one quote; None when a quote is at an invalid place."""
    if b'"' not in body:
        return body
    lean = _QUOTED.sub(b'"', body)
    return None if body.count(b'"') % 2 or _stray(separator).search(lean) else lean


@lru_cache
def _stray(separator: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a reduced quoted value that is not directly between separators or line ends."""
    beside = rb'[^"\r\n' + re.escape(separator) + rb"]"
    return re.compile(beside + rb'"|"' + beside)


def _one_newline(lean: bytes, newline: bytes) -> bool:
    returns = lean.count(b"\r")
    return returns == (lean.count(b"\r\n") if newline == b"\r\n" else 0) and (
        newline != b"\r\n" or returns == lean.count(b"\n")
    )


def _all_but(separator: bytes) -> bytes:
    return bytes(byte for byte in range(256) if byte not in b"\n" + separator)
