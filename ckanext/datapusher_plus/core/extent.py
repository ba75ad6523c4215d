"""Where the places of a table are: the columns of their coordinates, and their bounds as a field of the resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .boxes import Box
from .values import ColumnSpec

_NUMBERS = ("numeric", "float8", "float4", "int4", "int8", "int2")
#: names that columns of coordinates have, but others too: positions in a grid, sizes of things (German)
_WEAK = frozenset({"x", "y", "breite", "länge", "laenge"})
#: beside these (German and English), such a column is the size of a thing
_SIZES = frozenset({"höhe", "hoehe", "tiefe", "dicke", "durchmesser", "height", "depth", "width", "length"})


def pair(
    columns: Sequence[ColumnSpec], headings: Sequence[str], latitudes: Sequence[str], longitudes: Sequence[str]
) -> tuple[int, int] | None:
    """Return the positions of the columns of latitudes and longitudes, None if there are none.

    :param latitudes: names of such columns, the most certain first; ``longitudes`` in the same way.
    """
    names = [{heading.strip().lower(), column.name.lower()} for column, heading in zip(columns, headings, strict=True)]
    numbers = [column.type in _NUMBERS for column in columns]
    found = []
    for wanted in (latitudes, longitudes):
        places = (at for name in wanted for at, known in enumerate(names) if name in known and numbers[at])
        found.append(next(places, None))
    latitude, longitude = found
    return None if latitude is None or longitude is None or latitude == longitude else (latitude, longitude)


def is_weak(headings: Sequence[str], latitude: int, longitude: int) -> bool:
    """Return whether the columns' names alone do not show that they are coordinates."""
    return any(headings[at].strip().lower() in _WEAK for at in (latitude, longitude))


def are_sizes(headings: Sequence[str]) -> bool:
    """Return whether other columns show that weak names are those of sizes."""
    return not _SIZES.isdisjoint(heading.strip().lower() for heading in headings)


def is_within(box: Box) -> bool:
    """Return whether bounds are longitudes and latitudes."""
    west, south, east, north = box
    return -180 <= west <= east <= 180 and -90 <= south <= north <= 90


def spans_half(box: Box) -> bool:
    """Return whether bounds are so wide that the places may lie on both sides of the 180th meridian."""
    return box[2] - box[0] > 180


def as_field(box: Box) -> dict[str, Any]:
    """Return bounds as DataPusher+ writes them."""
    west, south, east, north = box
    return {"type": "BoundingBox", "coordinates": [[west, south], [east, north]]}
