"""Convert parsed JSON values to rows of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...core.errors import NoRecords
from ...core.message import say
from ...core.values import Log
from ..clean_csv.writer import Row
from ..json_stream import NOT_A_NUMBER, Members, Number, written
from ..spatial.geometry import Shapes, as_wkt
from .records_path import FEATURE, PROPERTIES, JsonColumn

#: features whose shapes are converted at once
_BATCH = 200


class Cells:
    """Converts values to text, and counts what could not be kept as it was."""

    def __init__(self) -> None:
        """Begin with counts of 0."""
        #: NaN and infinite numbers, which became missing values
        self.no_numbers = 0
        #: objects with a duplicate member name
        self.doubled = 0
        #: records that are null, and are left out
        self.nulls = 0

    def text(self, value: Any) -> str | None:
        """Return a value as text; objects and arrays as JSON."""
        kind = type(value)
        if kind is str or value is None:
            return value
        if kind is Number:
            return value.decode("ascii")
        if isinstance(value, bool):
            return "true" if value else "false"
        if value is NOT_A_NUMBER:
            self.no_numbers += 1
            return None
        return written(value)

    def members(self, record: Members) -> dict[str, Any]:
        """Return an object's members; of several with the same name the last."""
        found = dict(record)
        self.doubled += len(found) != len(record)
        return found

    def tell(self, log: Log) -> None:
        """Log what could not be kept as it was."""
        if self.no_numbers:
            log.warning(
                say("{values} values that are no number (NaN) or infinite were left empty.", values=self.no_numbers)
            )
        if self.doubled:
            log.warning(say("{records} records have a name twice; the last value was taken.", records=self.doubled))
        if self.nulls:
            log.warning(say("{records} records are null and were left out.", records=self.nulls))


def object_rows(values: Iterable[Any], columns: Sequence[JsonColumn], cells: Cells) -> Iterator[Row]:
    """Yield the rows of a list of objects."""
    names = [name for _, name in columns]
    text = cells.text
    for record in values:
        if record is None:
            cells.nulls += 1
            continue
        get = cells.members(record).get
        yield [text(get(name)) for name in names]


def array_rows(values: Iterable[Any], width: int, cells: Cells) -> Iterator[Row]:
    """Yield the rows of a list of arrays; short ones are filled up, long ones are left for the check of widths."""
    for record in values:
        if record is None:
            cells.nulls += 1
            continue
        yield [cells.text(value) for value in record] + [None] * (width - len(record))


def feature_rows(values: Iterable[Any], columns: Sequence[JsonColumn], shapes: Shapes, cells: Cells) -> Iterator[Row]:
    """Yield the rows of a list of GeoJSON features: their members, their properties, and their shape as WKT."""
    rows: list[Row] = []
    waiting: list[str | None] = []
    for record in values:
        if record is None:
            cells.nulls += 1
            continue
        feature = cells.members(record)
        waiting.append(as_wkt(feature.get("geometry") if feature.get("type") == FEATURE else record))
        rows.append(_feature_row(feature, columns, cells))
        if len(rows) >= _BATCH:
            yield from shapes.beside(rows, waiting)
            rows, waiting = [], []
    yield from shapes.beside(rows, waiting)
    shapes.tell()


def _feature_row(feature: dict[str, Any], columns: Sequence[JsonColumn], cells: Cells) -> Row:
    found = feature.get(PROPERTIES)
    properties = cells.members(found) if isinstance(found, Members) else {}
    return [cells.text((properties if place else feature).get(name)) for place, name in columns]


def turned(document: Any) -> tuple[list[str], list[list[Any]]]:
    """Return header and rows of a document whose members are its columns, or its rows.

    These forms are read: ``{"a": [1, 2], "b": [3, 4]}``, ``{"a": {"0": 1, "1": 2}, …}``, and by rows
    ``{"first": {"a": 1, "b": 3}, …}``.

    :raises NoRecords: when it has none of these forms.
    """
    names = [name for name, _ in document] if isinstance(document, Members) else []
    parts = [value for _, value in document] if names else []
    if parts and all(type(part) is list and len(part) == len(parts[0]) for part in parts):
        return names, [list(row) for row in zip(*parts, strict=True)]
    if not parts or not all(isinstance(part, Members) and part for part in parts):
        raise NoRecords(say("JSON document"))
    inner = [dict(part) for part in parts]
    keys = list(dict.fromkeys(key for part in inner for key in part))
    if all(key.isdecimal() for key in keys):
        return names, [[part.get(key) for part in inner] for key in keys]
    if len(parts) < 2 or not set.intersection(*map(set, inner)):
        raise NoRecords(say("JSON document"))
    return ["key", *keys], [[name, *map(part.get, keys)] for name, part in zip(names, inner, strict=True)]
