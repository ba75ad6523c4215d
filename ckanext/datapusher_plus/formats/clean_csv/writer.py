"""Write rows of values as canonical CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ...core.message import Message, say
from ...core.values import Log

#: a row as a format reads it; None is a missing value
Row = list[str | None]

#: characters that require a field to be quoted, besides the comma
_SPECIAL = re.compile(r'["\r\n]')
#: NUL, which PostgreSQL's text cannot hold, and lone surrogates, which no encoding can
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
#: characters buffered before they are written
_PIECE = 1 << 20


class Rows:
    """A writer of canonical CSV: None is written as an unquoted empty field, the empty string as a quoted one."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin to write to a file."""
        self._file = file
        self._lines: list[str] = []
        self._waiting = 0
        #: characters replaced by U+FFFD
        self.replaced = 0
        self.written = 0

    def add(self, values: Sequence[str | None]) -> None:
        """Add a row to the buffer."""
        line = ",".join([value or "" for value in values])
        if "" in values or line.count(",") >= len(values) or _SPECIAL.search(line):
            line = ",".join([_field(value) for value in values])
        # a blank line would not be a row; in a single column, a quoted empty string is the nearest to a missing value
        self._lines.append(line or '""')
        self.written += 1
        self._waiting += len(line)
        if self._waiting > _PIECE or len(self._lines) > 5000:
            self.flush()

    def flush(self) -> None:
        """Write the buffered rows."""
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
    """Open a file, write its header and yield its writer; log a warning at the end if characters were replaced."""
    with path.open("wb") as file:
        rows = Rows(file)
        rows.add(header)
        rows.written = 0
        yield rows
        rows.flush()
    if rows.replaced:
        log.warning(_replaced(rows.replaced))


def _replaced(letters: int) -> Message:
    return say("{letters} letters that no database can store (NUL, half letters) became �.", letters=letters)


def storable(text: str) -> str:
    """Return a text with U+FFFD in place of characters that no database can store."""
    return _UNSTORABLE.sub("\ufffd", text)


def _field(value: str | None) -> str:
    if not value:
        return "" if value is None else '""'
    return '"' + value.replace('"', '""') + '"' if "," in value or _SPECIAL.search(value) else value


def without_nul(path: Path, log: Log) -> None:
    """Replace NUL by U+FFFD in a finished file, and log a warning if there were any."""
    with path.open("rb") as file:
        found = sum(piece.count(b"\0") for piece in iter(lambda: file.read(_PIECE), b""))
    if not found:
        return
    clean = path.with_suffix(".clean")
    with path.open("rb") as file, clean.open("wb") as out:
        for piece in iter(lambda: file.read(_PIECE), b""):
            out.write(piece.replace(b"\0", "\ufffd".encode()))
    clean.replace(path)
    log.warning(_replaced(found))
