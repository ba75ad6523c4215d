"""Streams of XML from strangers: no document types, no entities, and an end to what comes without a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.parsers import expat

from ..core.errors import Damaged

#: bytes of one row, one shared string, or what is before the first; more is no table
MOST_BETWEEN = 8 << 20
DEEPEST = 100
#: between namespace and name in the names that handlers get
SEP = " "

Start = Callable[[str, dict[str, str]], None]
DeepStart = Callable[[str, dict[str, str], int], None]
End = Callable[[str], None]


class Markup:
    """A parser that is fed piece by piece; its handlers call ``rest`` whenever they have dealt with something."""

    def __init__(self, what: str) -> None:
        """Begin a document; ``what`` is named in messages."""
        self.what = what
        self.parser = expat.ParserCreate(namespace_separator=SEP)
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 16
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.fed = 0
        self._rested = 0

    def on(self, start: Start, end: End) -> None:
        """Set what is called at the beginning and at the end of each element, with its namespace."""
        self.parser.StartElementHandler = start
        self.parser.EndElementHandler = end

    def take(self, text: Callable[[str], object] | None) -> None:
        """Set what is called with text from here on."""
        self.parser.CharacterDataHandler = text

    def rest(self) -> None:
        """Say that what was fed so far need not be kept any more."""
        self._rested = self.fed

    def feed(self, piece: bytes, *, final: bool = False) -> None:
        """Parse some bytes.

        :raises Damaged: when they are no XML, or too many belong together.
        """
        self.fed += len(piece)
        try:
            self.parser.Parse(piece, final)
        except expat.ExpatError as error:
            raise Damaged(self.what, f"its XML ends at line {error.lineno:,}") from error
        except (LookupError, ValueError) as error:
            raise Damaged(self.what, "the encoding that its XML names is not known") from error
        if self.fed - self._rested > MOST_BETWEEN:
            raise Damaged(self.what, f"more than {MOST_BETWEEN:,} bytes in it belong to one row")

    def read(self, pieces: Iterable[bytes]) -> None:
        """Parse a whole document.

        :raises Damaged: when it is no XML, or too much of it belongs together.
        """
        for piece in pieces:
            self.feed(piece)
        self.feed(b"", final=True)

    def scan(self, pieces: Iterable[bytes], start: DeepStart) -> None:
        """Parse a whole document of which only the beginnings of elements matter; the root's depth is 1.

        :raises Damaged: when it is no XML, or goes deeper than any honest one.
        """
        depth = 0

        def begin(element: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > DEEPEST:
                raise Damaged(self.what, "its XML is nested too deeply")
            self.rest()
            start(element, attributes, depth)

        def end(_: str) -> None:
            nonlocal depth
            depth -= 1

        self.on(begin, end)
        self.read(pieces)

    def _refuse(self, *_: object) -> None:
        raise Damaged(self.what, "it declares a document type, which is not read")


def attribute(attributes: Mapping[str, str], name: str) -> str:
    """Return an attribute by its name without namespace, empty when it is not there."""
    return attributes.get(name) or next((v for k, v in attributes.items() if k.endswith(SEP + name)), "")
