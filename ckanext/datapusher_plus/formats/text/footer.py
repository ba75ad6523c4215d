"""Find notes below a text table (“Source: …”), from the end of the file, so that a large file costs no more.

A line inside a quoted value is never taken for a note: the search goes upwards, so it first reaches the line in which
the value closes, which has an odd number of quotes, and stops there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .candidates import is_number
from .layout import Layout, shown

#: bytes at the end of a file that are searched
_TAIL_BYTES = 1 << 16
#: more lines than this are not taken for notes
_MOST = 50
_QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """The notes below a table."""

    #: place in the file where the notes begin, in bytes
    start: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is blank, or has one value, in the first column."""

    place: int
    value: bytes
    #: whether no separator follows the value
    short: bool


def find_footer(path: Path, layout: Layout) -> Footer | None:
    """Return the lines with one value at the end of a file that are not rows of its table; None if there are none.

    Notes have no separators after them, or follow a blank line; in a table of two columns both must hold.
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
    """Return the index of the line with which the notes begin; None if there are no notes."""
    if not lines[0].value and (wide or all(line.short for line in lines if line.value)):
        return 0
    return next((number for number, line in enumerate(lines) if line.value and line.short), None) if wide else None


def _at_the_end(tail: bytes, place: int, separator: bytes) -> list[_Line]:
    """Return the lines at a file's end that are blank or have one value, in order; none if more than ``_MOST``."""
    found: list[_Line] = []
    end = place + len(tail)
    # the first line read may be the rest of a line, or the header
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
