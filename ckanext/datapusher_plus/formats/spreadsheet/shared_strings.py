"""Read the shared strings of an XLSX workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...core.errors import Damaged
from ...core.message import say
from ..xml_stream import DEEPEST, SEP, Markup
from .cells import clean

WHAT = say("{format} workbook", format="XLSX")


def texts(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield the shared strings in their order, without phonetic readings (``rPh``)."""
    reader = _Texts()
    for piece in pieces:
        yield from reader.feed(piece)
    yield from reader.feed(b"", final=True)


class _Texts:
    def __init__(self) -> None:
        self._markup = Markup(WHAT)
        self._markup.on(self._start, self._end)
        self._found: list[str] = []
        self._text: list[str] = []
        self._phonetic = False
        self._depth = 0

    def feed(self, piece: bytes, *, final: bool = False) -> list[str]:
        self._found = []
        self._markup.feed(piece, final=final)
        return self._found

    def _start(self, element: str, _: dict[str, str]) -> None:
        name = element.rpartition(SEP)[2]
        if name == "t" and not self._phonetic:
            self._markup.take(self._text.append)
        elif name == "rPh":
            self._phonetic = True
        self._depth += 1
        if self._depth > DEEPEST:
            raise Damaged(WHAT, say("its XML is nested too deeply"))

    def _end(self, element: str) -> None:
        self._depth -= 1
        name = element.rpartition(SEP)[2]
        if name == "t":
            self._markup.take(None)
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self._found.append(clean("".join(self._text)))
            self._text.clear()
            self._markup.rest()
