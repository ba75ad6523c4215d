"""KML, and KMZ, which is KML in a ZIP archive: each placemark is a row, in any folder.

Links of a document are not followed; a document type declaration, which might name other files, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.errors import NothingToLoad, TooManyColumns
from ...core.message import say
from ...core.parts import named
from ...core.values import CleanCsv, Source
from .. import zip_reader
from ..base import Work, register
from ..clean_csv.writer import csv_rows
from ..parts import note
from ..sandbox.sandboxed import Apart
from .geometry import WGS_84, Shapes
from .kml_placemarks import FOLDER, KmlColumn, Place, Places
from .layers import choose

#: begins to read a document; may be called several times
Begin = Callable[[], Iterable[bytes]]
_ROOT = re.compile(rb"<(\w+:)?kml\b")
#: an archive with one of these files is not a KMZ with its pictures
_TABLES = (".shp", ".csv", ".xlsx", ".json", ".geojson", ".gpkg")
_PIECE = 1 << 16
#: rows whose shapes are converted at once
_BATCH = 500


@register
class Kml(Apart):
    """KML: one document."""

    name = "KML"
    aliases = frozenset({"kml"})
    extensions = frozenset({"kml"})
    media_types = frozenset({"application/vnd.google-earth.kml+xml"})
    signed: ClassVar[bool] = True

    def recognises(self, head: bytes) -> bool:
        """Return whether a ``kml`` element is near the beginning."""
        return bool(_ROOT.search(head.replace(b"\0", b"")[:4096]))

    def read(self, source: Source, work: Work) -> CleanCsv:
        """Convert the document's placemarks to canonical CSV."""
        return _written(self.name, lambda: _pieces(source), work)


@register
class Kmz(Apart):
    """KMZ: an archive with a KML document and its pictures."""

    name = "KMZ"
    aliases = frozenset({"kmz"})
    extensions = frozenset({"kmz"})
    media_types = frozenset({"application/vnd.google-earth.kmz"})
    signed: ClassVar[bool] = True

    def recognises_members(self, members: Collection[str]) -> bool:
        """Return whether the members include a KML document and no tables."""
        return any(map(_is_kml, members)) and not any(name.endswith(_TABLES) for name in members)

    def read(self, source: Source, work: Work) -> CleanCsv:
        """Convert the placemarks of the document that ``dpp_sheet`` names, else of the first, to canonical CSV."""
        with zip_reader.opened(source.path) as archive:
            documents = [info for info in archive.infolist() if _is_kml(zip_reader.simple(info.filename))]
            names = [info.filename for info in documents]
            note(work.dir, named(names))
            document = documents[choose(names, work.options.sheet, lambda at: documents[at].file_size > 0, work.log)]
            limit = work.limits.unpacked_from(source.size)
            return _written(self.name, lambda: zip_reader.pieces(archive, document, limit), work)


def _is_kml(name: str) -> bool:
    return PurePosixPath(name).suffix == ".kml" and not PurePosixPath(name).name.startswith("._")


def _pieces(source: Source) -> Iterator[bytes]:
    with source.path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _written(name: str, begin: Begin, work: Work) -> CleanCsv:
    """Convert a document to canonical CSV, reading it once for its columns and once for its rows."""
    places = Places()
    columns = _columns(places.read(begin()), work.limits.columns)
    if places.links:
        work.log.warning(
            say(
                "{links} links to other documents were not followed; only what is in the file is read.",
                links=places.links,
            )
        )
    if places.lost:
        work.log.warning(say("{shapes} shapes could not be read and were left empty.", shapes=places.lost))
    header = (*(column for _, column in columns), "geometry")
    path = work.dir / "placemarks.csv"
    shapes = Shapes(WGS_84, work)
    found = Places().read(begin())
    with csv_rows(path, header, work.log) as out:
        while batch := list(islice(found, _BATCH)):
            rows = [[place.values.get(column) for column in columns] for place in batch]
            for row in shapes.beside(rows, [place.shape for place in batch]):
                out.add(row)
        shapes.tell()
    return CleanCsv(path=path, header=header, format=name, encoding="UTF-8", counts="feature")


def _columns(places: Iterator[Place], most: int) -> list[KmlColumn]:
    """Return the placemarks' columns in order of appearance, the folder first.

    :raises NothingToLoad: when there are no placemarks.
    :raises TooManyColumns: when there are more than ``most`` columns.
    """
    columns: dict[KmlColumn, None] = {}
    place = None
    for place in places:
        columns.update(dict.fromkeys(place.values))
        if len(columns) >= most:
            raise TooManyColumns(len(columns) + 1, most)
    if place is None:
        raise NothingToLoad(say("has no placemarks"))
    return sorted(columns, key=lambda column: column != FOLDER)
