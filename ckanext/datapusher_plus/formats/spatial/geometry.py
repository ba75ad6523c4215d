"""Convert shapes to Well-Known Text in longitude and latitude of WGS 84 (EPSG:4326), simplified only on request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...core.message import say
from ..base import Work
from ..clean_csv.writer import Row, storable
from ..json_stream import Members, Number, written

if TYPE_CHECKING:
    import numpy as np
    from pyproj import CRS, Transformer

#: metres in a degree along a meridian, and along the equator
_DEGREE = 111_320
#: decimals of a degree after a transformation: a tenth of a millimetre
_DIGITS = 9
#: levels of nesting of the positions in a shape's coordinates
_DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
#: parts of a definition with which PROJ would open files of this machine
_FILES = re.compile(r"grids=(?!@null)|PARAMETERFILE", re.IGNORECASE)
#: names of EPSG systems; EPSG's numbers have at most five digits
_EPSG = re.compile(
    r"(?:EPSG|urn:ogc:def:crs:EPSG:[^:/]*|https?://www\.opengis\.net/def/crs/EPSG/[^:/]*)[:/]+(\d{1,9})(?!\d)", re.I
)
_MOST_DIGITS = 9
_LONGITUDE_LATITUDE = re.compile(r"CRS:?84h?$|CRS/OGC/[^/]*/CRS84h?$", re.IGNORECASE)
WGS_84 = 4326

#: a coordinate reference system: an EPSG code, or a definition as text; None when the file names none
Named = int | str | None


class Shapes:
    """Converts the shapes of one file, and logs what could not be kept."""

    def __init__(self, crs: Named, work: Work) -> None:
        """Prepare for shapes in this coordinate reference system."""
        self._log = work.log
        self._boxes = work.boxes
        self._metres = work.options.simplify
        self._lost = 0
        self._odd = 0
        self._transformer = self._prepared(crs)

    def _prepared(self, crs: Named) -> Transformer | None:
        if crs in (None, ""):
            self._log.warning(
                say(
                    "The file does not name the coordinate reference system of its shapes; coordinates stay as they "
                    "are."
                )
            )
        if crs in (None, "", WGS_84):
            return None
        known = _understood(crs)
        from pyproj import CRS

        if known is not None and known.equals(CRS.from_epsg(WGS_84), ignore_axis_order=True):
            return None
        transformer = _to_wgs_84(known) if known is not None else None
        if known is None or transformer is None:
            self._log.warning(
                say(
                    "The file's coordinate reference system is not known here ({system}); the coordinates of its "
                    "shapes are kept as they are.",
                    system=storable(str(crs)[:60]),
                )
            )
            return None
        self._log.info(
            say(
                "The shapes' coordinates were turned from {system} into WGS 84 (EPSG:4326).",
                system=storable(known.name),
            )
        )
        return transformer

    @property
    def pass_through(self) -> bool:
        """Whether shapes stay as they are."""
        return self._transformer is None and not self._metres

    def from_wkb(self, shapes: Sequence[bytes | None]) -> list[str | None]:
        """Return shapes given as Well-Known Binary as Well-Known Text."""
        import shapely

        read = shapely.from_wkb(list(shapes), on_invalid="ignore")
        self._lost += sum(raw is not None and shape is None for raw, shape in zip(shapes, read, strict=True))
        return self.texts(read)

    def from_shapes(self, shapes: Sequence[Any]) -> list[str | None]:
        """Return shapes as Well-Known Text; an exception in place of a shape marks one that could not be read."""
        import numpy as np

        self._lost += sum(isinstance(shape, Exception) for shape in shapes)
        found = np.empty(len(shapes), dtype=object)
        found[:] = [None if isinstance(shape, Exception) else shape for shape in shapes]
        return self.texts(found)

    def texts(self, shapes: np.ndarray[Any, Any]) -> list[str | None]:
        """Return shapes as Well-Known Text, transformed and simplified if asked for."""
        import shapely

        given = ~shapely.is_missing(shapes)
        if self._transformer:
            shapes = self._projected(shapes)
        if self._metres:
            shapes = shapely.simplify(shapes, self._metres / _DEGREE)
        self._note(shapes)
        digits = _DIGITS if self._transformer else -1
        found: list[str | None] = shapely.to_wkt(shapes, rounding_precision=digits).tolist()
        self._lost += sum(one and text is None for one, text in zip(given, found, strict=True))
        return found

    def _projected(self, shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        import numpy as np
        import shapely

        transformer = self._transformer
        assert transformer
        done = shapes.copy()
        for with_z in (False, True):
            some = shapely.has_z(shapes) == with_z
            done[some] = shapely.transform(
                shapes[some],
                lambda places: np.column_stack(transformer.transform(*places.T)),
                include_z=with_z,
            )
        # positions outside a projection's area of use become infinite
        finite = np.isfinite(shapely.bounds(done)).all(axis=1) | shapely.is_empty(done)
        done[~finite] = None
        return done

    def beside(self, rows: Sequence[Row], texts: Sequence[str | None]) -> Iterator[Row]:
        """Yield the rows with their shapes, given as Well-Known Text or JSON, appended as the last value."""
        self._odd += sum(text is not None and text.startswith("{") for text in texts)
        if not self.pass_through:
            import shapely

            given = [text is not None for text in texts]
            shapes = shapely.from_wkt([text or "POINT EMPTY" for text in texts], on_invalid="ignore")
            shapes[[not one for one in given]] = None
            self._lost += int((shapely.is_missing(shapes) & given).sum())
            texts = self.texts(shapes)
        else:
            self._note_texts(texts)
        for row, text in zip(rows, texts, strict=True):
            row.append(text)
            yield row

    def _note_texts(self, texts: Sequence[str | None]) -> None:
        import shapely

        known = [text for text in texts if text is not None and not text.startswith("{")]
        self._note(shapely.from_wkt(known, on_invalid="ignore"))

    def _note(self, shapes: Any) -> None:
        """Note the bounds of some shapes."""
        import numpy as np
        import shapely

        known = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        if not known.size:
            return
        west, south, east, north = map(float, shapely.total_bounds(known))
        if np.isfinite([west, south, east, north]).all():
            self._boxes.append((west, south, east, north))

    def tell(self) -> None:
        """Log how many shapes could not be kept."""
        if self._odd:
            self._log.warning(
                say("{shapes} shapes are not as GeoJSON has them and were kept as JSON.", shapes=self._odd)
            )
        if self._lost:
            self._log.warning(
                say("{shapes} shapes could not be read or projected and were left empty.", shapes=self._lost)
            )


def named_crs(member: Any) -> Named:
    """Return the system that a GeoJSON ``crs`` member names; without the member (``...``), it is WGS 84 (RFC 7946)."""
    if member is ...:
        return WGS_84
    properties = dict(member).get("properties") if isinstance(member, Members) else None
    named = dict(properties) if isinstance(properties, Members) else {}
    name, code = named.get("name"), named.get("code")
    if isinstance(name, str):
        return crs_by_name(name)
    digits = code.decode("ascii") if isinstance(code, Number) else code
    if not isinstance(digits, str) or not digits.isdecimal():
        return None
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def crs_by_name(name: str) -> Named:
    """Return the EPSG code of a coordinate reference system's name in a file; any other name is returned unchanged."""
    if _LONGITUDE_LATITUDE.search(name):
        return WGS_84
    found = _EPSG.search(name)
    return int(found[1]) if found else name


def _understood(crs: int | str) -> CRS | None:
    """Return the coordinate reference system; None when it is unknown, or PROJ would open other files for it."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        if isinstance(crs, int):
            return CRS.from_epsg(crs)
        if _FILES.search(crs):
            return None
        known = CRS.from_wkt(crs)
        number = known.to_epsg(min_confidence=70)
        return CRS.from_epsg(number) if number else known
    except (CRSError, UnicodeError):
        return None


def _to_wgs_84(crs: CRS) -> Transformer | None:
    """Return the transformer to WGS 84; None when there is none, as for the systems of a building or another planet."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        return Transformer.from_crs(crs, WGS_84, always_xy=True)
    except ProjError:
        return None


def as_wkt(geometry: Any) -> str | None:
    """Return a GeoJSON geometry as Well-Known Text, digit for digit; as JSON when it has no such text."""
    if geometry is None:
        return None
    try:
        return _text(dict(geometry))
    except (ValueError, TypeError, LookupError, RecursionError):
        return written(geometry)


def _text(geometry: dict[str, Any]) -> str:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return f"GEOMETRYCOLLECTION {_bracketed(_text(dict(part)) for part in geometry['geometries'])}"
    coordinates, depth = geometry["coordinates"], _DEPTHS[kind]
    if not coordinates:
        return f"{kind.upper()} EMPTY"
    sizes: set[int] = set()
    body = _bracketed([_position(coordinates, sizes)]) if depth == 0 else _nested(coordinates, depth, sizes)
    if len(sizes) > 1:
        raise ValueError("positions of two and of three dimensions")
    return f"{kind.upper()} {'Z ' if sizes == {3} else ''}{body}"


def _nested(values: list[Any], depth: int, sizes: set[int]) -> str:
    if depth == 1:
        return _bracketed(_position(value, sizes) for value in values)
    return _bracketed(_nested(value, depth - 1, sizes) for value in values)


def _position(values: list[Any], sizes: set[int]) -> str:
    numbers = values[:3]
    sizes.add(len(numbers))
    if len(numbers) < 2 or not all(isinstance(number, Number) for number in numbers):
        raise TypeError(values)
    return b" ".join(numbers).decode("ascii")


def _bracketed(parts: Iterable[str]) -> str:
    text = ", ".join(parts)
    return f"({text})" if text else "EMPTY"
