"""Read JSON value by value, so that a document of any length needs no more memory than its largest record.

The standard library parses each value. Numbers keep the digits with which they were published; objects keep the order
of their members and even duplicate names, so that nested values can be written again as they were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO

from ..core.errors import BadJson, RecordTooLarge
from ..core.message import say

#: characters of one record; the objects parsed from it take up to thirty times as much memory, mostly eight times
LONGEST_RECORD = 16_000_000
_PIECE = 1 << 20
#: JSON's whitespace, and the record separator (RS, U+001E) of JSON text sequences (RFC 7464)
_BLANKS = re.compile("[ \t\r\n\x1e]*")
#: characters at the end of a piece that must be left: a value cut off there may parse as a shorter or wrong value
_CUT = 12


#: a number, as published; the only use of ``bytes`` in a parsed document (faster to create than a class of our own)
Number = bytes


class Members(list[tuple[str, Any]]):
    """An object's members as pairs of name and value, as published."""

    __slots__ = ()


class NotANumber:
    """NaN, Infinity or -Infinity, which JSON does not allow, but Python and R write."""


NOT_A_NUMBER: Final = NotANumber()
_DECODER = json.JSONDecoder(
    parse_int=str.encode, parse_float=str.encode, parse_constant=lambda _: NOT_A_NUMBER, object_pairs_hook=Members
)
_WHY = {
    "Expecting value": say("a value is missing or is not written as JSON"),
    "Illegal trailing comma before end of object": say("a comma stands before the closing brace"),
    "Illegal trailing comma before end of array": say("a comma stands before the closing bracket"),
    "Expecting property name enclosed in double quotes": say(
        "a name in double quotes is missing, or a comma is too many"
    ),
    "Expecting ':' delimiter": say("a colon is missing"),
    "Expecting ',' delimiter": say("a comma is missing"),
    "Invalid control character at": say("a text has a line break or another control character in it"),
}


class JsonText:
    """A position in a JSON text that moves forward, value by value."""

    def __init__(self, file: TextIO) -> None:
        """Begin at the file's current position."""
        self._file = file
        self._text = ""
        self._at = 0
        self._lines = 1
        self._final = False
        #: characters read and passed, for progress
        self.read = 0

    @property
    def line(self) -> int:
        """The line of the current position, from 1."""
        return self._lines + self._text.count("\n", 0, self._at)

    def peek(self) -> str:
        """Return the next character that is not whitespace, without passing it, or an empty string at the end."""
        while True:
            self._at = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text) or self._final:
                return self._text[self._at : self._at + 1]
            self._more()

    def take(self, sign: str) -> bool:
        """Pass ``sign`` if it comes next, and return whether it did."""
        found = self.peek() == sign
        self._at += found
        return found

    def value(self) -> Any:
        """Return the next value.

        :raises BadJson: when there is none, or it is not valid JSON.
        :raises RecordTooLarge: when it has more than ``LONGEST_RECORD`` characters.
        """
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._final or not self._cut(error):
                    raise BadJson(self._line_at(error.pos), _why(error.msg)) from error
            except RecursionError as error:
                raise BadJson(self.line, say("its values are nested too deeply")) from error
            else:
                if self._final or end < len(self._text) - _CUT:
                    self._at = end
                    return value
            self._more()

    def elements(self) -> Iterator[int]:
        """Iterate over an array, stopping before each element; yield the elements' indexes, from 0.

        :raises BadJson: when elements are not separated by a comma.
        """
        yield from self._listed("[", "]")

    def names(self) -> Iterator[str]:
        """Iterate over an object, stopping before each value; yield the values' names.

        :raises BadJson: when the object is not valid JSON.
        """
        for _ in self._listed("{", "}"):
            if self.peek() != '"':
                self.fail("Expecting property name enclosed in double quotes")
            name = self.value()
            if not self.take(":"):
                self.fail("Expecting ':' delimiter")
            yield name

    def fail(self, why: str) -> NoReturn:
        """Report an error at the current position.

        :raises BadJson: always.
        """
        self.peek()
        raise BadJson(self.line, _why(why))

    def _listed(self, opening: str, closing: str) -> Iterator[int]:
        self.take(opening)
        if self.take(closing):
            return
        number = 0
        while True:
            yield number
            number += 1
            if self.take(closing):
                return
            if not self.take(","):
                self.fail("Expecting ',' delimiter" if self.peek() else "it ends in the middle")
            if self.peek() == closing:
                self.fail("a comma stands before the closing " + ("bracket" if closing == "]" else "brace"))

    def _more(self) -> None:
        """Read at least as much again as is buffered, so that a long value is not parsed too often."""
        rest = len(self._text) - self._at
        if rest > LONGEST_RECORD:
            raise RecordTooLarge(self.line, LONGEST_RECORD)
        piece = self._file.read(max(_PIECE, rest))
        self._lines = self.line
        self.read += self._at
        self._text = self._text[self._at :] + piece
        self._at = 0
        self._final = not piece

    def _cut(self, error: json.JSONDecodeError) -> bool:
        """Return whether the error may only be due to the end of the piece."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _CUT

    def _line_at(self, place: int) -> int:
        return self._lines + self._text.count("\n", 0, place)


def opened(path: Path) -> TextIO:
    """Open a file of UTF-8 text for ``JsonText``."""
    return path.open(encoding="utf-8", newline="")


def _why(message: str) -> str:
    known: str = next((why for begin, why in _WHY.items() if message.startswith(begin)), "")
    return known or message[:1].lower() + message[1:].removesuffix(" at")


def written(value: Any) -> str:
    """Return a value as JSON on one line, digit for digit."""
    try:
        return _written(value)
    except RecursionError:
        return _written_deep(value)


def _written(value: Any) -> str:
    if isinstance(value, Number):
        return value.decode("ascii")
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Members):
        return "{" + ", ".join([f"{encode_basestring(name)}: {_written(each)}" for name, each in value]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join([_written(each) for each in value]) + "]"
    return {True: "true", False: "false"}.get(value, "null")


def _written_deep(value: Any) -> str:
    """Return the same for a value that is nested more deeply than Python's recursion limit allows."""
    parts: list[str] = []
    #: what is still to be written, in reverse order; finished text is wrapped in tuples
    left: list[Any] = [value]
    while left:
        each = left.pop()
        if type(each) is tuple:
            parts.append(each[0])
        elif isinstance(each, Members):
            inner = [part for name, one in each for part in ((", ",), (f"{encode_basestring(name)}: ",), one)][1:]
            left += [("}",), *reversed(inner), ("{",)]
        elif isinstance(each, list):
            inner = [part for one in each for part in ((", ",), one)][1:]
            left += [("]",), *reversed(inner), ("[",)]
        else:
            parts.append(_written(each))
    return "".join(parts)
