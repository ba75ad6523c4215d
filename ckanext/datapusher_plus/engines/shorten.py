"""A copy of a table whose long values are cut, because the first characters of a value show what it is.

An engine works on thousands of rows at once. If each has a few megabytes, such as the outlines of countries, they take
more memory than a worker has.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

#: most characters of a value that are kept, which is more than any number or date has
KEPT = 600
_PIECE = 1 << 20
_OUTSIDE = re.compile('[",\r\n]|[^",\r\n]+')
_INSIDE = re.compile('"|[^"]+')


def shortened(path: Path, *, kept: int = KEPT, piece: int = _PIECE) -> Path:
    """Return the copy of canonical CSV in which no value is longer than ``kept`` characters; make it if missing."""
    short = short_of(path)
    if not short.exists():
        part = path.with_name(f"{path.name}.part")
        with path.open(encoding="utf-8", newline="") as source, part.open("w", encoding="utf-8", newline="") as target:
            cut = _Cut(kept)
            while text := source.read(piece):
                target.write("".join(cut.through(text)))
            target.write("".join(cut.end()))
        os.replace(part, short)
    return short


def short_of(path: Path) -> Path:
    """Return the path of the copy, whether it exists or not."""
    return path.with_name(f"{path.name}.short")


class _Cut:
    """Passes text on, with each value cut to its first ``longest`` characters."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._room = longest
        self._inside = False
        #: the last character was a quote within a quoted value: the value's end, or the first half of an escaped quote
        self._quote = False

    def through(self, text: str) -> Iterator[str]:
        """Yield what is kept of the next piece of text."""
        place = 0
        while found := (_INSIDE if self._inside and not self._quote else _OUTSIDE).match(text, place):
            place = found.end()
            yield from self._next(found[0])

    def end(self) -> Iterator[str]:
        """Yield what was held back."""
        if self._quote:
            yield '"'

    def _next(self, part: str) -> Iterator[str]:
        if self._quote:
            self._quote = False
            if part == '"':
                yield self._kept('""')
                return
            self._inside = False
            yield '"'
        if part == '"' and self._inside:
            self._quote = True
        elif part == '"':
            self._inside = True
            yield part
        elif self._inside or part not in ",\r\n":
            yield self._kept(part)
        else:
            self._room = self._longest
            yield part

    def _kept(self, part: str) -> str:
        if part == '""' and self._room < 2:
            # only half of an escaped quote would end the value
            self._room = 0
        kept = part[: self._room]
        self._room -= len(kept)
        return kept
