"""Writing rows of values as canonical CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ...core.values import Log

#: a row as a format gives it; None stands for no value
Row = list[str | None]

#: what only a quoted field may have, besides a comma
_SPECIAL = re.compile(r'["\r\n]')
#: NUL, which PostgreSQL's text has no place for, and halves of letters, which no encoding has
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
#: characters that are written at once
_PIECE = 1 << 20
_REPLACED = "{:,} letters that no database can store (NUL, half letters) became �."


class Rows:
    """Canonical CSV in the making: None is an unquoted empty field, the empty text a quoted one."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin to write to a file."""
        self._file = file
        self._lines: list[str] = []
        self._waiting = 0
        #: letters that became U+FFFD
        self.replaced = 0
        self.written = 0

    def add(self, values: Sequence[str | None]) -> None:
        """Write a row."""
        line = ",".join([value or "" for value in values])
        if "" in values or line.count(",") >= len(values) or _SPECIAL.search(line):
            line = ",".join([_field(value) for value in values])
        # a blank line would be no row; in the one column a quoted empty text is the nearest to no value
        self._lines.append(line or '""')
        self.written += 1
        self._waiting += len(line)
        if self._waiting > _PIECE or len(self._lines) > 5000:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        text = "".join(f"{line}\n" for line in self._lines)
        self._lines.clear()
        self._waiting = 0
        try:
            data = text.encode("utf-8")
        except UnicodeEncodeError:
            data = b""
        if not data or b"\0" in data:
            text, replaced = _UNSTORABLE.subn("\ufffd", text)
            self.replaced += replaced
            data = text.encode("utf-8")
        self._file.write(data)


@contextmanager
def csv_rows(path: Path, header: Sequence[str], log: Log) -> Iterator[Rows]:
    """Begin a file with its header, and tell the publisher at the end of letters that could not be kept."""
    with path.open("wb") as file:
        rows = Rows(file)
        rows.add(header)
        rows.written = 0
        yield rows
        rows.flush()
    if rows.replaced:
        log.warning(_REPLACED.format(rows.replaced))


def storable(text: str) -> str:
    """Return a text with U+FFFD for what no database can store."""
    return _UNSTORABLE.sub("\ufffd", text)


def _field(value: str | None) -> str:
    if not value:
        return "" if value is None else '""'
    return '"' + value.replace('"', '""') + '"' if "," in value or _SPECIAL.search(value) else value


def without_nul(path: Path, log: Log) -> None:
    """Put U+FFFD where a finished file has NUL, and tell the publisher."""
    with path.open("rb") as file:
        found = sum(piece.count(b"\0") for piece in iter(lambda: file.read(_PIECE), b""))
    if not found:
        return
    clean = path.with_suffix(".clean")
    with path.open("rb") as file, clean.open("wb") as out:
        for piece in iter(lambda: file.read(_PIECE), b""):
            out.write(piece.replace(b"\0", "\ufffd".encode()))
    clean.replace(path)
    log.warning(_REPLACED.format(found))
