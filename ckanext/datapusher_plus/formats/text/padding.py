"""Detect blanks between a separator and a quote (`41, "Youngstown"`) that are layout, not data.

They are layout if all quoted values of the file follow a blank. Otherwise the blank and the quotes after it are parts
of a value, as in RFC 4180.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ...core.errors import BadQuoting
from ..clean_csv.fast_scan import last_record_end
from ..clean_csv.records import Dialect, pieces, records

_MOST_BLANKS = 4096
_QUOTED = re.compile(rb'"[^"]*"')


def looks_padded(text: bytes, separator: bytes) -> bool:
    """Return whether, in a text, some quotes follow separator and blank, and none directly follows the separator."""
    padded, direct = _found(text, separator)
    return padded and not direct


def is_padded(path: Path, dialect: Dialect, start: int) -> bool:
    """Return whether that is so in all of a file from ``start`` on, and all quotes are closed when it is read so."""
    seen = False
    for piece in pieces(path, start=start):
        piece.used = len(piece.data) if piece.final else _looked_at(piece.data)
        padded, direct = _found(piece.data[: piece.used], dialect.separator)
        seen = seen or padded
        if direct:
            return False
    return seen and _closes(path, replace(dialect, padded=True, lenient=False), start)


def _looked_at(data: bytes) -> int:
    """Return how much of a piece to search: up to its last line end or, without one, some bytes before its end."""
    return last_record_end(data) or (0 if b'"' in data else max(0, len(data) - _MOST_BLANKS))


def _closes(path: Path, dialect: Dialect, start: int) -> bool:
    try:
        for piece in pieces(path, start=start):
            deque(records(piece, dialect), maxlen=0)
    except BadQuoting:
        return False
    return True


def _found(text: bytes, separator: bytes) -> tuple[bool, bool]:
    """Return whether some quotes follow separator and blank, and whether some directly follow the separator."""
    if b'"' not in text:
        return False, False
    lean = _QUOTED.sub(b'"', text)
    return bool(_padded(separator).search(lean)), separator + b'"' in lean


@lru_cache
def _padded(separator: bytes) -> re.Pattern[bytes]:
    sep = re.escape(separator)
    return re.compile(sep + rb"(?:(?!" + sep + rb')[ \t])+"')
