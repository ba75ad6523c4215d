"""JSON, sequences of JSON records (NDJSON), and GeoJSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ...core import how_to_read
from ...core.errors import NoRecords, NothingToLoad, NotText, TooManyColumns
from ...core.message import join, say
from ...core.parts import Part
from ...core.parts import cells as cells_of
from ...core.values import CleanCsv, Source
from ..base import Work, register
from ..clean_csv.writer import Row, csv_rows
from ..json_stream import LONGEST_RECORD, JsonText, opened
from ..parts import note
from ..sandbox.sandboxed import Apart
from ..spatial.geometry import Shapes, named_crs
from ..text.decoding import as_utf8
from .records_path import (
    FEATURE,
    SHAPES,
    Listing,
    Survey,
    called_so,
    check,
    choose,
    elements,
    headings,
    survey,
    survey_sequence,
)
from .rows import Cells, array_rows, feature_rows, object_rows, turned

_BOM = b"\xef\xbb\xbf"
_OBJECT = re.compile(rb'[\s\x1e]*\{\s*("(?:[^"\\]|\\.)*"\s*:|\})')
_ARRAY = re.compile(rb"\s*\[\s*(\{|\[|\])")
#: an object on one line, and the beginning of another one
_LINES = re.compile(rb"\s*\{[^\n]*\}[^\S\n]*\n\s*\{")
_FEATURES = re.compile(rb'"type"\s*:\s*"Feature(Collection)?"')
#: rows between two reports of progress
_REPORT = 20_000


class _AnyJson(Apart):
    """Base of the JSON formats, which are all read alike: the document's content decides which one it is."""

    def recognises(self, head: bytes) -> bool:
        """Return whether the bytes begin an object, or an array of objects or arrays."""
        text = head.removeprefix(_BOM)
        return bool(_OBJECT.match(text) or _ARRAY.match(text))

    def read(self, source: Source, work: Work) -> CleanCsv:
        """Convert the document's table to canonical CSV."""
        text = as_utf8(source.path, work)
        kind, listed, header, rows = _table(text.path, work, one_is_enough=_says_ndjson(source, work))
        path = work.dir / "records.csv"
        with csv_rows(path, header, work.log) as out:
            for row in rows:
                out.add(row)
                if out.written % _REPORT == 0:
                    work.log.progress("convert", out.written, None)
        counts = "feature" if kind == GeoJson.name else "record"
        return CleanCsv(
            path=path, header=tuple(header), format=kind, encoding=text.encoding, counts=counts, sheet=listed
        )


@register
class GeoJson(_AnyJson):
    """GeoJSON: features with properties and shapes."""

    name = "GeoJSON"
    aliases = frozenset({"geojson", "geojsonl", "geojsonseq"})
    extensions = frozenset({"geojson", "geojsonl", "geojsons"})
    media_types = frozenset({"application/geo+json", "application/vnd.geo+json", "application/geo+json-seq"})

    def recognises(self, head: bytes) -> bool:
        """Return whether the bytes begin a document with features."""
        return super().recognises(head) and bool(_FEATURES.search(head))


@register
class NdJson(_AnyJson):
    """NDJSON: records one after another."""

    name = "NDJSON"
    aliases = frozenset({"ndjson", "jsonl", "jsonlines", "json lines", "ldjson"})
    extensions = frozenset({"ndjson", "jsonl", "ldjson"})
    media_types = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq"})

    def recognises(self, head: bytes) -> bool:
        """Return whether the first line is a whole object, and the second line begins another."""
        return bool(_LINES.match(head.removeprefix(_BOM))) and super().recognises(head)


@register
class Json(_AnyJson):
    """JSON: one document with a list of records."""

    name = "JSON"
    aliases = frozenset({"json"})
    extensions = frozenset({"json"})
    media_types = frozenset({"application/json", "text/json"})


def _says_ndjson(source: Source, work: Work) -> bool:
    extension = PurePosixPath(source.filename).suffix.lower().removeprefix(".")
    return work.format.lower() in NdJson.aliases or extension in NdJson.extensions


def _table(path: Path, work: Work, *, one_is_enough: bool) -> tuple[str, str, list[str], Iterable[Row]]:
    """Return the format's name, the name of the list that is the table, the header, and the rows."""
    most = work.limits.columns
    with opened(path) as file:
        found = survey(JsonText(file), most)
    note(work.dir, [_part(each) for each in found.lists if each.tabular and each.name])
    listing = _listing(found, path, work, one_is_enough=one_is_enough)
    cells = Cells()
    if listing is None:
        header, rows = _whole(path)
        return Json.name, "", header, _told(array_rows(rows, len(header), cells), cells, work)
    if not listing.count:
        raise NothingToLoad(say("holds no records"))
    if len(listing.columns) > most:
        raise TooManyColumns(len(listing.columns), most)
    _log_found(found, listing, work)
    values = _values(path, listing)
    columns = tuple(listing.columns)
    header = [name for _, name in columns]
    if listing.features:
        shapes = Shapes(named_crs(found.top.get("crs", ...)), work)
        rows = feature_rows(values, columns, shapes, cells)
        return GeoJson.name, listing.name, [*header, "geometry"], _told(rows, cells, work)
    kind = NdJson.name if listing.path is None else Json.name
    if listing.objects:
        return kind, listing.name, header, _told(object_rows(values, columns, cells), cells, work)
    header, in_first = headings(found, listing)
    if in_first:
        next(values)
    return kind, listing.name, header, _told(array_rows(values, len(header), cells), cells, work)


def _listing(found: Survey, path: Path, work: Work, *, one_is_enough: bool) -> Listing | None:
    """Return the list of records; None when only the document as a whole may be a table."""
    kind = found.top.get("type")
    if kind == "Topology":
        raise NotText(say("a TopoJSON document"))
    alone = isinstance(kind, str) and kind in SHAPES | {FEATURE}
    alone = alone or (one_is_enough and not called_so(found))
    if not found.sequence and not alone:
        return choose(found, work.options) if any(each.tabular for each in found.lists) else None
    with opened(path) as file:
        listing = survey_sequence(JsonText(file), work.limits.columns)
    check(listing)
    return listing


def _part(listing: Listing) -> Part:
    shown = [name for _, name in listing.columns] or [value for value in listing.first if isinstance(value, str)]
    return Part(name=listing.name, cells=cells_of(shown), is_empty=not listing.count)


def _whole(path: Path) -> tuple[list[str], list[list[Any]]]:
    if path.stat().st_size > LONGEST_RECORD:
        raise NoRecords(say("JSON document"))
    with opened(path) as file:
        return turned(JsonText(file).value())


def _values(path: Path, listing: Listing) -> Iterator[Any]:
    with opened(path) as file:
        yield from elements(JsonText(file), listing)


def _told(rows: Iterator[Row], cells: Cells, work: Work) -> Iterator[Row]:
    yield from rows
    cells.tell(work.log)


def _log_found(found: Survey, listing: Listing, work: Work) -> None:
    """Log which list is read, and what other lists there are."""
    others = [each for each in found.lists if each is not listing and each.tabular and each.count]
    if others:
        named = ", ".join(f"“{each.name}” ({each.count:,})" for each in others[:20]) + (", …" if others[20:] else "")
        said = say(
            "The {count} records in “{name}” were read; the document also has {others}.",
            count=listing.count,
            name=listing.name,
            others=named,
        )
        work.log.info(join((said, how_to_read.SHEET)))
