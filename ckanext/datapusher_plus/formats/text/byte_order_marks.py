"""Remove byte order marks from a text table: several at its beginning, or others where files were joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...core.message import say, say_n
from ...core.values import Log

_MARK = "\ufeff"
#: a mark's three bytes in UTF-8, decoded as Windows-1252
_MISREAD = "ï»¿"
_MARKS = rb"(?:%b|%b)+" % (_MARK.encode(), _MISREAD.encode())
#: bytes after which a value may begin
_BEFORE_VALUES = b'\r\n,;\t|"'
_QUOTE = ord('"')
#: marks at the beginning of the file: before a quote, after it, or both
_LEADING = re.compile(rb'\A("?)' + _MARKS + rb'("?)(?:%b)?' % _MARKS)
#: the header, which may have line breaks in quotes and be below a line such as `sep=;`
_HEADER = re.compile(rb'\s*((?:"?sep=[^\r\n"]"?[^\S\r\n]*(?:\r*\n|\r))?[^\r\n"]*(?:"[^"]*"[^\r\n"]*)*)', re.IGNORECASE)
_QUOTED = re.compile(rb'"[^"]*"')
_SEPARATOR = re.compile(rb"[,;\t|]")
#: consecutive marks
_RUN = re.compile(_MARKS)
_END = re.compile(rb"\r*\n|\r|\Z")
#: bytes of a header whose copies are searched for; nobody joins files with a longer one by hand
_LONGEST_HEADER = 1 << 16


class Marks:
    """Detects marks in a text while it is read for another purpose."""

    def __init__(self) -> None:
        """Begin at the beginning of a text."""
        self.found = False
        self._begun = False

    def look(self, text: str) -> None:
        """Search the next part of the text, which must not include the mark at the file's beginning."""
        # `isascii` does not read the text: CPython stores the answer with it
        if not self.found and not text.isascii():
            self.found = _MARK in text or (not self._begun and text.lstrip('"').startswith(_MISREAD))
        self._begun = self._begun or bool(text)


def without_marks(pieces: Iterable[bytes], target: Path, log: Log) -> None:
    """Write a table without marks at the beginning of values, and without the copies of its header that follow marks.

    :param pieces: the table's text, in pieces that end at line ends.
    """
    table: _Table | None = None
    leading = 0
    with target.open("wb") as out:
        for piece in pieces:
            text = piece
            if table is None:
                text, leading = _LEADING.subn(rb"\1\2", piece)
                table = _Table(_header(text))
            out.writelines(table.unmarked(text))
    if table:
        _log_marks(leading, table.marks, table.copies, log)


def _header(text: bytes) -> bytes:
    found = _HEADER.match(text)
    return found[1] if found else b""


class _Table:
    """Removes marks and copies of the header, and counts them.

    One pattern finds runs of marks and always matches in one way. What is next to a run is compared byte for byte, so
    that the cost is linear in the length of the text.
    """

    def __init__(self, header: bytes) -> None:
        self.marks = self.copies = 0
        #: whether the table has one column
        self._alone = not _SEPARATOR.search(_QUOTED.sub(b"", header))
        self._quoted = header.startswith(b'"')
        kept = header.removeprefix(b'"')
        self._header = kept if len(kept) <= _LONGEST_HEADER else b""
        found = _RUN.match(self._header)
        #: bytes of the marks at the header's beginning
        self._lead = found.end() if found else 0

    def unmarked(self, text: bytes) -> Iterator[bytes]:
        """Yield the text without marks and copies of the header."""
        done = 0
        for run in _RUN.finditer(text):
            start, end = run.span()
            if start < done:
                continue
            copy = self._copy(text, start, end, done)
            if copy:
                start, end = copy
                self.copies += 1
            elif start and text[start - 1] not in _BEFORE_VALUES:
                continue
            self.marks += 1
            yield text[done:start]
            done = end
        yield text[done:]

    def _copy(self, text: bytes, start: int, end: int, done: int) -> tuple[int, int] | None:
        """Return start and end of a copy of the header that has marks before it or after its quote, or None."""
        if not self._header:
            return None
        if self._quoted and start > done and text[start - 1] == _QUOTE and text.startswith(self._header, end):
            start -= 1
            end += self._lead
        elif self._quoted and text[end : end + 1] == b'"':
            more = _RUN.match(text, end + 1)
            end = more.end() if more else end + 1
        elif self._quoted:
            return None
        place = end - self._lead
        if place <= start or not text.startswith(self._header, place):
            return None
        found = _END.match(text, place + len(self._header))
        if not found:
            return None
        # the line end stays, so that line numbers are as published; in one column the blank line would be a row
        begins = text[start - 1 : start] in (b"", b"\r", b"\n")
        return start, found.end() if begins and self._alone else found.start()


def _log_marks(leading: int, marks: int, headers: int, log: Log) -> None:
    if leading:
        log.info(say("The file began with more than one byte order mark (U+FEFF); all were left out."))
    if not marks:
        return
    what = say_n("{n} byte order mark (U+FEFF)", "{n} byte order marks (U+FEFF)", marks)
    if not headers:
        log.warning(say("Left out: {marks} within the file, as where several files were joined.", marks=what))
        return
    copies = say_n("a copy of the header", "{n} copies of the header", headers)
    log.warning(
        say(
            "Left out: {marks} within the file, as where several files were joined, and {copies}.",
            marks=what,
            copies=copies,
        )
    )
