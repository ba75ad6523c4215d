"""Read the placemarks of a KML document, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...core.errors import Damaged
from ...core.message import say
from ..xml_stream import DEEPEST, SEP, Markup

WHAT = say("{format} document", format="KML")
#: a column: whether it is the publisher's own (from ExtendedData), and its name
KmlColumn = tuple[bool, str]
FOLDER: KmlColumn = (False, "folder")
#: a placemark's own elements with text, and the parent of each
_TEXTS = {
    **dict.fromkeys(("name", "description", "address", "phoneNumber"), "Placemark"),
    **dict.fromkeys(("begin", "end"), "TimeSpan"),
    "when": "TimeStamp",
}
_LINES = frozenset({"LineString", "LinearRing", "Track"})
_GROUPS = frozenset({"MultiGeometry", "MultiTrack"})
Position = tuple[str, ...]


@dataclass(slots=True)
class _Shape:
    """A shape, or a part of one, with its positions."""

    kind: str
    #: positions of a point or a line
    positions: list[Position] = field(default_factory=list)
    #: rings of a polygon, members of a group
    parts: list[_Shape] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """One placemark."""

    values: dict[KmlColumn, str] = field(default_factory=dict)
    #: its shape as Well-Known Text
    shape: str | None = None


class Places:
    """Reads a document once."""

    def __init__(self) -> None:
        """Prepare to read a document."""
        #: number of links to other documents
        self.links = 0
        #: number of shapes that could not be read
        self.lost = 0
        self._markup = Markup(WHAT)
        self._markup.on(self._start, self._end)
        self._path: list[str] = []
        #: depth and name of each open folder
        self._folders: list[tuple[int, str]] = []
        self._place: Place | None = None
        self._open: list[_Shape] = []
        self._whole: list[_Shape] = []
        self._key = ""
        self._text: list[str] = []
        self._done: list[Place] = []

    def read(self, pieces: Iterable[bytes]) -> Iterator[Place]:
        """Yield the placemarks.

        :raises Damaged: when the document is not XML, declares a document type, or is nested too deeply.
        """
        for piece in pieces:
            self._markup.feed(piece)
            yield from self._done
            self._done.clear()
        self._markup.feed(b"", final=True)
        yield from self._done

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        name = element.rpartition(SEP)[2]
        self._path.append(name)
        # deep nesting would be costly: each placemark gets the names of all folders around it
        if len(self._path) > DEEPEST:
            raise Damaged(WHAT, say("its XML is nested too deeply"))
        self._text = []
        if self._place is None:
            self._outside(name)
        elif name in ("Data", "SimpleData"):
            self._key = attributes.get("name", "")
        elif name in _LINES | _GROUPS | {"Point", "Polygon"}:
            self._open.append(_Shape(name))
        self._markup.take(self._text.append if self._kept(name) else None)

    def _outside(self, name: str) -> None:
        # content between placemarks, such as styles, may be long, but is not kept
        self._markup.rest()
        if name == "Placemark":
            self._place = Place()
            self._open, self._whole = [], []
        elif name == "Folder":
            self._folders.append((len(self._path), ""))
        elif name == "NetworkLink":
            self.links += 1

    def _kept(self, name: str) -> bool:
        if self._place is None:
            return name == "name" and self._path[-2:-1] == ["Folder"]
        return name in {*_TEXTS, "value", "SimpleData", "coordinates", "coord"} or self._path[-2:-1] == ["ExtendedData"]

    def _end(self, element: str) -> None:
        name = self._path.pop()
        text = "".join(self._text).strip()
        self._text = []
        self._markup.take(None)
        if self._place is None:
            if self._folders and self._folders[-1][0] > len(self._path):
                self._folders.pop()
            elif name == "name" and self._path[-1:] == ["Folder"]:
                self._folders[-1] = (len(self._path), text)
        elif name == "Placemark":
            self._finish(self._place)
        elif self._open and (name == self._open[-1].kind or name in ("coordinates", "coord")):
            self._end_of_shape(name, text)
        elif text:
            self._value(name, text)

    def _value(self, name: str, text: str) -> None:
        assert self._place is not None
        values = self._place.values
        if name in ("value", "SimpleData"):
            values[True, self._key] = text
        elif self._path[-1:] == [_TEXTS.get(name)]:
            values[False, name] = text
        elif self._path[-1:] == ["ExtendedData"] and name != "Data":
            values[True, name] = text

    def _end_of_shape(self, name: str, text: str) -> None:
        shape = self._open[-1]
        if name == "coordinates":
            shape.positions = [tuple(token.split(",")) for token in _tight(text).split()]
        elif name == "coord":
            shape.positions.append(tuple(text.split()))
        else:
            self._open.pop()
            (self._open[-1].parts if self._open else self._whole).append(shape)

    def _finish(self, place: Place) -> None:
        folder = " / ".join(name for _, name in self._folders if name)
        if folder:
            place.values[FOLDER] = folder
        if self._whole:
            try:
                place.shape = _text(self._whole)
            except (ValueError, RecursionError):
                self.lost += 1
        self._done.append(place)
        self._place = None
        self._markup.rest()


def _tight(coordinates: str) -> str:
    """Return coordinates without the blanks that some programs write next to commas."""
    return ",".join(number.strip() for number in coordinates.split(","))


def _text(shapes: list[_Shape]) -> str:
    """Return shapes as Well-Known Text, with heights if any height is not 0.

    :raises ValueError: when there are no positions, or one is invalid.
    """
    positions = [position for shape in shapes for position in _positions(shape)]
    if not positions or any(len(position) < 2 for position in positions):
        raise ValueError("no positions")
    numbers = [[float(digits) for digits in position[:3]] for position in positions]
    heights = [position[2] for position in numbers if len(position) > 2]
    return _written(_Shape("MultiGeometry", parts=shapes) if len(shapes) > 1 else shapes[0], with_z=any(heights))


def _positions(shape: _Shape) -> Iterator[Position]:
    yield from shape.positions
    for part in shape.parts:
        yield from _positions(part)


def _written(shape: _Shape, *, with_z: bool) -> str:
    return _named(*_body(shape, with_z=with_z), with_z=with_z)


def _named(kind: str, body: str, *, with_z: bool) -> str:
    return f"{kind} {'Z ' if with_z else ''}{body}"


def _body(shape: _Shape, *, with_z: bool) -> tuple[str, str]:
    """Return a shape's WKT keyword and its bracketed body."""
    if shape.kind == "Polygon":
        return "POLYGON", _listed(_body(ring, with_z=with_z)[1] for ring in shape.parts)
    if shape.kind in _GROUPS:
        bodies = [_body(part, with_z=with_z) for part in shape.parts]
        kinds = {kind for kind, _ in bodies}
        if len(kinds) == 1 and (kind := kinds.pop()) in ("POINT", "LINESTRING", "POLYGON"):
            return f"MULTI{kind}", _listed(body for _, body in bodies)
        # bodies are reused, so that each part is written once, even in nested groups
        return "GEOMETRYCOLLECTION", _listed(_named(*body, with_z=with_z) for body in bodies)
    places = (" ".join(_sized(position, 3 if with_z else 2)) for position in shape.positions)
    return "POINT" if shape.kind == "Point" else "LINESTRING", _listed(places)


def _sized(position: Position, size: int) -> Position:
    return (*position, "0")[:size]


def _listed(parts: Iterable[str]) -> str:
    return f"({', '.join(parts)})"
