"""The shapes (.shp) of a shapefile, read record by record, as in ESRI's Shapefile Technical Description (1998)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import Damaged
from ...core.message import say

if TYPE_CHECKING:
    import numpy as np

_HEADER = 100
_NULL, _MULTIPATCH = 0, 31
_POINTS, _LINES, _POLYGONS, _MULTIPOINTS = (1, 11, 21), (3, 13, 23), (5, 15, 25), (8, 18, 28)
#: shape types that have heights (Z)
_WITH_Z = (11, 13, 15, 18)
#: bytes of a record; a shape of more than ten million vertices is an error
_LONGEST = 160 << 20


def shapes(path: Path) -> Iterator[Any]:
    """Yield the shapes: None for a null shape, a ``ValueError`` for one that cannot be read.

    :raises Damaged: when the file does not begin as a .shp file, or ends within a shape.
    """
    with path.open("rb") as file:
        if file.read(4) != b"\0\0\x27\x0a":
            raise Damaged(say("shapefile"), say("its shapes (.shp) are none"))
        file.seek(_HEADER)
        while len(head := file.read(8)) == 8:
            size = 2 * struct.unpack(">i", head[4:])[0]
            content = file.read(size) if 4 <= size <= _LONGEST else b""
            if len(content) < max(4, size):
                raise Damaged(say("shapefile"), say("its shapes (.shp) end in the middle"))
            yield _shape(content)


def _shape(content: bytes) -> Any:
    from shapely.errors import ShapelyError

    kind = struct.unpack_from("<i", content)[0]
    if kind == _NULL:
        return None
    try:
        if kind in _POINTS:
            return _point(content, with_z=kind in _WITH_Z)
        if kind in _MULTIPOINTS:
            return _multipoint(content, with_z=kind in _WITH_Z)
        if kind in _LINES + _POLYGONS:
            return _parts(content, kind)
    except (ValueError, struct.error, ShapelyError) as error:
        return ValueError(str(error))
    return ValueError(f"shape of type {kind}")


def _point(content: bytes, *, with_z: bool) -> Any:
    import shapely

    place = struct.unpack_from("<3d" if with_z else "<2d", content, 4)
    # numbers below -1e38 mean "no data", by ESRI's description
    return shapely.Point(place) if min(place) > -1e38 else None


def _multipoint(content: bytes, *, with_z: bool) -> Any:
    import shapely

    count = struct.unpack_from("<i", content, 36)[0]
    return shapely.MultiPoint(_places(content, 40, count, with_z=with_z))


def _places(content: bytes, at: int, count: int, *, with_z: bool) -> np.ndarray[Any, Any]:
    """Return positions; heights, if any, follow the positions and their own range."""
    import numpy as np

    if count < 0:
        raise ValueError("a negative number of points")
    flat = np.frombuffer(content, "<f8", 2 * count, at).reshape(-1, 2)
    if not with_z:
        return flat
    return np.column_stack([flat, np.frombuffer(content, "<f8", count, at + 16 * count + 16)])


def _parts(content: bytes, kind: int) -> Any:
    import numpy as np
    import shapely

    parts, points = struct.unpack_from("<2i", content, 36)
    starts = np.frombuffer(content, "<i4", max(0, parts), 44)
    places = _places(content, 44 + 4 * parts, points, with_z=kind in _WITH_Z)
    if (np.diff(starts) < 0).any():
        raise ValueError("parts that are not in order")
    pieces = [piece for piece in np.split(places, starts[1:]) if len(piece)]
    if kind in _LINES:
        lines = [shapely.LineString(piece) for piece in pieces if len(piece) > 1]
        return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
    return _polygon([shapely.LinearRing(piece) for piece in pieces if len(piece) > 3])


def _polygon(rings: list[Any]) -> Any:
    """Return the polygons that rings form: clockwise ones are shells, others are holes in the smallest shell around."""
    import shapely

    if len(rings) == 1:
        return shapely.Polygon(rings[0])
    hulls = [shapely.Polygon(ring) for ring in rings if not ring.is_ccw]
    holes: list[list[Any]] = [[] for _ in hulls]
    for ring in rings:
        if ring.is_ccw:
            around = _around(ring, hulls)
            if around is None:
                hulls.append(shapely.Polygon(ring))
                holes.append([])
            else:
                holes[around].append(ring)
    polygons = [shapely.Polygon(hull.exterior, inner) for hull, inner in zip(hulls, holes, strict=True)]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _around(ring: Any, hulls: list[Any]) -> int | None:
    """Return the index of the smallest shell around a ring; None if there is none."""
    if len(hulls) == 1:
        return 0
    hole = type(hulls[0])(ring) if hulls else None
    candidates = [number for number, hull in enumerate(hulls) if hole and hull.envelope.covers(hole.envelope)]
    if len(candidates) > 1:
        inside = hole.representative_point() if hole else None
        candidates = [number for number in candidates if hulls[number].contains(inside)] or candidates
    return min(candidates, key=lambda number: hulls[number].area, default=None)
