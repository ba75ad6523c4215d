"""Parse untrusted XML as a stream: no document types, no entities, and a limit on the bytes between two rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.parsers import expat

from ..core.errors import Damaged
from ..core.message import say

#: bytes of one row, of one shared string, or of what comes before the first row; more is refused
MOST_BETWEEN = 8 << 20
DEEPEST = 100
#: separates namespace and name in the element and attribute names that handlers receive
SEP = " "

Start = Callable[[str, dict[str, str]], None]
DeepStart = Callable[[str, dict[str, str], int], None]
End = Callable[[str], None]


class Markup:
    """An XML parser that is fed piece by piece; its handlers call ``rest`` each time they have processed something."""

    def __init__(self, what: str) -> None:
        """Begin a document; messages call it ``what``."""
        self.what = what
        self.parser = expat.ParserCreate(namespace_separator=SEP)
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 16
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.fed = 0
        self._rested = 0

    def on(self, start: Start, end: End) -> None:
        """Set the functions called at the start and the end of each element; element names include the namespace."""
        self.parser.StartElementHandler = start
        self.parser.EndElementHandler = end

    def take(self, text: Callable[[str], object] | None) -> None:
        """Set the function called with text from here on; None stops the calls."""
        self.parser.CharacterDataHandler = text

    def rest(self) -> None:
        """Mark everything fed so far as processed, which restarts the count against ``MOST_BETWEEN``."""
        self._rested = self.fed

    def feed(self, piece: bytes, *, final: bool = False) -> None:
        """Parse some bytes.

        :raises Damaged: when they are not well-formed XML, or ``rest`` was not called for ``MOST_BETWEEN`` bytes.
        """
        self.fed += len(piece)
        try:
            self.parser.Parse(piece, final)
        except expat.ExpatError as error:
            raise Damaged(self.what, say("its XML ends at line {line}", line=error.lineno)) from error
        except (LookupError, ValueError) as error:
            raise Damaged(self.what, say("the encoding that its XML names is not known")) from error
        if self.fed - self._rested > MOST_BETWEEN:
            raise Damaged(self.what, say("more than {most} bytes in it belong to one row", most=MOST_BETWEEN))

    def read(self, pieces: Iterable[bytes]) -> None:
        """Parse a whole document.

        :raises Damaged: when it is not well-formed XML, or ``rest`` was not called for ``MOST_BETWEEN`` bytes.
        """
        for piece in pieces:
            self.feed(piece)
        self.feed(b"", final=True)

    def scan(self, pieces: Iterable[bytes], start: DeepStart) -> None:
        """Parse a whole document, calling ``start`` for each element with its depth; the root's depth is 1.

        :raises Damaged: when it is not well-formed XML, or elements are nested more than ``DEEPEST`` levels deep.
        """
        depth = 0

        def begin(element: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > DEEPEST:
                raise Damaged(self.what, say("its XML is nested too deeply"))
            self.rest()
            start(element, attributes, depth)

        def end(_: str) -> None:
            nonlocal depth
            depth -= 1

        self.on(begin, end)
        self.read(pieces)

    def _refuse(self, *_: object) -> None:
        raise Damaged(self.what, say("it declares a document type, which is not read"))


def attribute(attributes: Mapping[str, str], name: str) -> str:
    """Return an attribute's value by its local name (without namespace), or an empty string when it is missing."""
    return attributes.get(name) or next((v for k, v in attributes.items() if k.endswith(SEP + name)), "")
