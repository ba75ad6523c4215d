"""Byte order marks within a table of text: more than one at its beginning, or others where files were joined."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ..core.values import Log

_MARK = "\ufeff"
#: the three bytes of a mark in UTF-8, read as Windows-1252
_MISREAD = "ï»¿"
_MARKS = rb"(?:%b|%b)+" % (_MARK.encode(), _MISREAD.encode())
#: marks where a value begins
_BEGINNING = rb'(?:\A|(?<=[\r\n,;\t|"]))' + _MARKS
#: marks at the beginning of the file, before a quote, behind it, or both
_LEADING = re.compile(rb'\A("?)' + _MARKS + rb'("?)(?:%b)?' % _MARKS)
#: a header may have line breaks in quotes, and below a line that says `sep=;`
_HEADER = re.compile(rb'\s*((?:"?sep=[^\r\n"]"?[^\S\r\n]*(?:\r*\n|\r))?[^\r\n"]*(?:"[^"]*"[^\r\n"]*)*)', re.IGNORECASE)
_QUOTED = re.compile(rb'"[^"]*"')


class Marks:
    """Whether there are marks in a text, seen while it is read for another reason."""

    def __init__(self) -> None:
        """Begin with the beginning of a text."""
        self.found = False
        self._begun = False

    def look(self, text: str) -> None:
        """Look at the next part of the text, its first mark aside."""
        # whether a text is ASCII is known without looking at it
        if not self.found and not text.isascii():
            self.found = _MARK in text or (not self._begun and text.lstrip('"').startswith(_MISREAD))
        self._begun = self._begun or bool(text)


def without_marks(pieces: Iterable[bytes], target: Path, log: Log) -> None:
    """Write a table without the marks at which values begin, and without copies of its header behind marks.

    :param pieces: its text, in pieces that end where lines end.
    """
    pattern: re.Pattern[bytes] | None = None
    leading = marks = headers = 0
    alone = False

    def unmarked(found: re.Match[bytes]) -> bytes:
        nonlocal marks, headers
        marks += 1
        if not found.groupdict().get("again"):
            return found["quote"]
        headers += 1
        # a blank line keeps the numbers of lines as published; in a table of one column it would be a row
        begins = found.string[found.start() - 1 : found.start()] in (b"", b"\r", b"\n")
        return b"" if begins and alone else found["end"]

    with target.open("wb") as out:
        for piece in pieces:
            text = piece
            if pattern is None:
                text, leading = _LEADING.subn(rb"\1\2", piece)
                header = _header(text)
                alone = not re.search(rb"[,;\t|]", _QUOTED.sub(b"", header))
                pattern = _pattern(header)
            out.write(pattern.sub(unmarked, text))
    _tell(leading, marks, headers, log)


def _header(text: bytes) -> bytes:
    found = _HEADER.match(text)
    return found[1] if found else b""


def _pattern(header: bytes) -> re.Pattern[bytes]:
    """Return the pattern of marks where a value begins, and of those before a copy of the header anywhere."""
    plain = rb"(?P<quote>)" + _BEGINNING
    if not header:
        return re.compile(plain)
    quote, rest = (b'"', header[1:]) if header.startswith(b'"') else (b"", header)
    again = _MARKS + quote + b"(?:" + _MARKS + b")?" + re.escape(rest)
    if quote:
        again = b"(?:" + again + b"|" + quote + _MARKS + re.escape(rest) + b")"
    return re.compile(rb"(?P<again>" + again + rb"(?P<end>\r*\n|\r|\Z))|" + plain)


def _tell(leading: int, marks: int, headers: int, log: Log) -> None:
    if leading:
        log.info("The file began with more than one byte order mark (U+FEFF); all were left out.")
    if not marks:
        return
    what = "1 byte order mark (U+FEFF)" if marks == 1 else f"{marks:,} byte order marks (U+FEFF)"
    copies = "a copy of the header" if headers == 1 else f"{headers:,} copies of the header"
    log.warning(
        f"Left out: {what} within the file, as where several files were joined{f', and {copies}' if headers else ''}."
    )
