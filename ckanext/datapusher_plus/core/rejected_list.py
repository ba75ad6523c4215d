"""The list of rejected rows in another language: its headings and reasons; the rows in it stay as they are.

The list is stored in English. Its reasons are sentences of ``core.quarantine``, which are recognised here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from .message import Message
from .quarantine import BOM, HEADER, misfit, wrong_number
from .types.plain_names import name_of

#: first bytes that are read at once; more if a row is longer
_PIECE = 1 << 16
#: reasons whose translation is remembered: most rows have the same one
_KNOWN = 100
#: a value as the list is written: quoted if it has a comma, a quote or a line end
_VALUE = rb'(?:"[^"]*(?:""[^"]*)*"|[^",\r\n]*)'
_RECORD = re.compile(rb"((?:%b,){3})(%b)(,%b\r\n)" % (_VALUE, _VALUE, _VALUE))
_MISFIT = re.compile(r"The value is not (.+), as the Data Dictionary asks for\.")
_WRONG_NUMBER = re.compile(r"The row has (at least )?([\d,]+) fields? where the header has ([\d,]+)\.")


def in_other_words(
    read: Callable[[int], bytes], headings: Sequence[str], translated: Callable[[Message], str]
) -> Iterator[bytes]:
    """Yield the list with other headings and reasons; what is not understood stays as it is.

    :param read: reads that many bytes of the list at most, and returns none at its end.
    """
    rest, first = read(_PIECE), BOM + _line(HEADER)

    @lru_cache(maxsize=_KNOWN)
    def reason(stored: bytes) -> bytes:
        return _reason(stored, translated)

    if rest.startswith(first):
        yield BOM + _line(headings)
        rest = rest[len(first) :]
    while True:
        done = 0
        for found in _found(rest):
            yield found[1] + reason(found[2]) + found[3]
            done = found.end()
        # twice as much each time, so that a long row is not searched again and again
        more = read(max(_PIECE, len(rest) - done))
        if not more:
            yield rest[done:]
            return
        rest = rest[done:] + more


def reason_of(text: str) -> Message | None:
    """Return the reason that this English text is; None if it is another text."""
    if found := _MISFIT.fullmatch(text):
        kind = name_of(found[1])
        return misfit(kind) if kind is not None else None
    if found := _WRONG_NUMBER.fullmatch(text):
        fields, expected = (int(found[at].replace(",", "")) for at in (2, 3))
        return wrong_number(fields, expected)
    return None


def _found(data: bytes) -> Iterable[re.Match[bytes]]:
    at = 0
    while found := _RECORD.match(data, at):
        yield found
        at = found.end()


def _reason(stored: bytes, translated: Callable[[Message], str]) -> bytes:
    text = stored.decode()
    message = reason_of(text[1:-1].replace('""', '"') if text.startswith('"') else text)
    return stored if message is None else _quoted(translated(message))


def _line(values: Sequence[str]) -> bytes:
    return b",".join(map(_quoted, values)) + b"\r\n"


def _quoted(value: str) -> bytes:
    return ('"' + value.replace('"', '""') + '"' if any(sign in value for sign in ',"\r\n') else value).encode()
