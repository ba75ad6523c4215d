"""Notes below a table of text (“Source: …”): found from the end of the file, so that large files cost nothing.

A line that an open quoted value goes on in is never taken for a note: looked at from the end, the line in which the
value closes comes first, and has an odd number of quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .candidates import is_number
from .layout import Layout, shown

#: bytes at the end of a file that are looked at
_TAIL_BYTES = 1 << 16
#: more lines than these are no notes
_MOST = 50
_QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """What stands below a table."""

    #: bytes of the file above it
    start: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with one value, in the first column, or with none."""

    place: int
    value: bytes
    #: no separators follow the value
    short: bool


def find_footer(path: Path, layout: Layout) -> Footer | None:
    """Return the lines of one value at the end of a file that are no rows of its table.

    Those are short of separators, or set off from the rows by a blank line; in a table of two columns both.
    """
    if len(layout.header) < 2:
        return None
    with path.open("rb") as file:
        place = max(layout.start, file.seek(0, 2) - _TAIL_BYTES)
        file.seek(place)
        lines = _at_the_end(file.read(), place, layout.separator)
    if not any(line.value for line in lines):
        return None
    first = _first(lines, wide=len(layout.header) > 2)
    if first is None:
        return None
    noted = tuple(shown(line.value) for line in lines[first:] if line.value)
    return Footer(start=lines[first].place, lines=noted)


def _first(lines: Sequence[_Line], *, wide: bool) -> int | None:
    """Return the number of the line with which the notes begin."""
    if not lines[0].value and (wide or all(line.short for line in lines if line.value)):
        return 0
    return next((number for number, line in enumerate(lines) if line.value and line.short), None) if wide else None


def _at_the_end(tail: bytes, place: int, separator: bytes) -> list[_Line]:
    """Return the lines of one value or none that end a file, in their order; none when they are many."""
    found: list[_Line] = []
    end = place + len(tail)
    # the first may be the rest of a line, or the header
    for text in reversed(re.findall(rb"[^\n]*\n|[^\n]+", tail)[1:]):
        end -= len(text)
        line = _line(text, end, separator)
        if line is None:
            return found[::-1]
        found.append(line)
        if len(found) > _MOST:
            break
    return []


def _line(text: bytes, place: int, separator: bytes) -> _Line | None:
    content = text.rstrip(b"\r\n \x1a")
    value = content.rstrip(separator + b" ").lstrip(b" ")
    single = _QUOTED.fullmatch(value) or (separator not in value and not value.count(b'"') % 2)
    if not single or is_number(value):
        return None
    return _Line(place, b"" if value == b'""' else value, short=not content.endswith(separator))
