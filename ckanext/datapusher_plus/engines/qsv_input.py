"""What qsv reads, and what its answers mean.

qsv treats ``""`` as it treats nothing, and passes over blank lines. The table is copied for it only where this matters.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..core.values import CleanCsv

#: takes the place of a quoted empty value: a byte that UTF-8 does not have
_QUOTED_EMPTY = b"\xff"
#: the same in an answer
_AS_READ = _QUOTED_EMPTY.decode("utf-8", "surrogateescape")
_EMPTY_VALUE = re.compile(rb'(?:^|(?<=,))""(?=[,\r\n]|$)')
_BLANK_LINE = re.compile(rb"^(?=\r?\n|$)")

# Python refuses values of more than 128 KiB otherwise; PostgreSQL takes 1 GiB
csv.field_size_limit(1 << 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A table as qsv reads it."""

    path: Path
    #: headings as qsv reads them, which it counts as values
    header: tuple[str, ...]


def readable(table: CleanCsv) -> Input:
    """Return the table, or a copy of it, for qsv."""
    path = table.path
    if not (copy := path.with_name(f"{path.name}.qsv.csv")).exists() and any(_changed(path, len(table.header))):
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as target:
            target.writelines(_lines(path, len(table.header)))
        os.replace(part, copy)
    if copy.exists():
        path = copy
    with rows(path) as found:
        return Input(path=path, header=tuple(next(found)))


def value(read: str) -> str | None:
    """Return the value that qsv read so; None when it is missing."""
    return "" if read == _AS_READ else read or None


@contextmanager
def rows(path: Path) -> Iterator[Iterator[list[str]]]:
    """Yield the rows of a file of CSV, with the header."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        yield csv.reader(file, strict=True)


def _changed(path: Path, columns: int) -> Iterator[bool]:
    with path.open("rb") as file:
        for before, after in zip(file, _lines(path, columns), strict=True):
            yield before != after


def _lines(path: Path, columns: int) -> Iterator[bytes]:
    """Yield the lines of the file, in which qsv knows quoted empty values and blank lines."""
    quotes = 0
    with path.open("rb") as file:
        for line in file:
            outside = quotes % 2 == 0
            quotes += line.count(b'"')
            if b'""' in line:
                yield _marked(line, outside=outside)
            else:
                yield _BLANK_LINE.sub(b'""', line) if columns == 1 and outside else line


def _marked(line: bytes, *, outside: bool) -> bytes:
    """Return the line with a mark for each quoted empty value.

    :param outside: the line does not begin within a quoted value.
    """
    kept, place = [], 0
    for found in _EMPTY_VALUE.finditer(line):
        before = line[place : found.start()]
        outside ^= before.count(b'"') % 2 == 1
        kept += [before, _QUOTED_EMPTY if outside else found[0]]
        place = found.end()
    return b"".join([*kept, line[place:]])
