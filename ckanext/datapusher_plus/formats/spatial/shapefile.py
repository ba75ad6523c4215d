"""Shapefiles in a ZIP archive: shapes, attribute table, coordinate reference system and encoding."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice, zip_longest
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar
from zipfile import ZipFile, ZipInfo

from ...core.errors import NothingToLoad, TooManyColumns
from ...core.message import say
from ...core.parts import named
from ...core.values import CleanCsv, Source
from .. import zip_reader
from ..base import Work, register
from ..clean_csv.writer import Row, csv_rows
from ..parts import note
from ..sandbox.sandboxed import Apart
from . import dbf
from .geometry import Shapes
from .layers import choose
from .shp import shapes

#: bytes of a .shp file without shapes
_EMPTY = 100
#: bytes read of a coordinate reference system's description (.prj), or an encoding's name (.cpg, .cst)
_SMALL = 100_000
#: rows whose shapes are converted at once
_BATCH = 500


@register
class Shapefile(Apart):
    """An archive with the files of one or several shapefiles."""

    name = "Shapefile"
    aliases = frozenset({"shp", "shapefile", "shape", "esri shapefile", "zipped shapefile"})
    extensions = frozenset({"shp"})
    media_types = frozenset({"application/vnd.shp", "application/x-shapefile", "x-gis/x-shapefile"})
    signed: ClassVar[bool] = True

    def recognises_members(self, members: Collection[str]) -> bool:
        """Return whether the members include a .shp file."""
        return any(_has_shapes(name) for name in members)

    def read(self, source: Source, work: Work) -> CleanCsv:
        """Convert the shapefile that ``dpp_sheet`` names, else the first that is not empty, to canonical CSV."""
        with zip_reader.opened(source.path) as archive:
            there = {zip_reader.simple(info.filename): info for info in archive.infolist()}
            layers = sorted(name for name in there if _has_shapes(name))
            names = [PurePosixPath(there[name].filename).stem for name in layers]
            note(work.dir, named(names))
            chosen = choose(names, work.options.sheet, lambda at: there[layers[at]].file_size > _EMPTY, work.log)
            stem = layers[chosen].removesuffix(".shp")
            parts = {
                end: there[f"{stem}.{end}"] for end in ("shp", "dbf", "prj", "cpg", "cst") if f"{stem}.{end}" in there
            }
            limit = work.limits.unpacked_from(source.size)
            unpacked = {end: _unpacked(archive, parts[end], work.dir / end, limit) for end in parts}
        return replace(_written(unpacked, work), sheet=names[chosen])


def _has_shapes(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix == ".shp" and not path.name.startswith("._") and "__macosx" not in path.parts


def _unpacked(archive: ZipFile, member: ZipInfo, target: Path, limit: int) -> Path:
    with target.open("wb") as out:
        for piece in zip_reader.pieces(archive, member, limit):
            out.write(piece)
    return target


def _written(parts: dict[str, Path], work: Work) -> CleanCsv:
    table = dbf.Dbf(parts["dbf"]) if "dbf" in parts else None
    if table is None:
        work.log.warning(say("The shapefile comes without its table (.dbf), so the shapes are all there is to load."))
    fields = table.fields if table else []
    if len(fields) >= work.limits.columns:
        raise TooManyColumns(len(fields) + 1, work.limits.columns)
    named = _small(parts.get("cpg") or parts.get("cst"))
    encoding = work.options.encoding or (table.encoding(named) if table else "ascii")
    header = (*(field.name.decode(encoding, "replace") for field in fields), "geometry")
    path = work.dir / "features.csv"
    with csv_rows(path, header, work.log) as out:
        for row in _rows(parts["shp"], table, encoding, Shapes(_small(parts.get("prj")), work), work):
            out.add(row)
        if not out.written:
            raise NothingToLoad(say("holds no shapes"))
    declared = (*(field.declared for field in fields), "String")
    return CleanCsv(
        path=path, header=header, format="Shapefile", encoding=encoding.upper(), declared=declared, counts="feature"
    )


def _rows(path: Path, table: dbf.Dbf | None, encoding: str, kept: Shapes, work: Work) -> Iterator[Row]:
    """Yield rows of attributes and shape; deleted records are left out."""
    nothing: Row = [None] * (len(table.fields) if table else 0)
    pairs = zip_longest(shapes(path), table.records() if table else (), fillvalue=())
    while batch := list(islice(pairs, _BATCH)):
        live = [(shape, record) for shape, record in batch if record is not None]
        texts = kept.from_shapes([None if shape == () else shape for shape, _ in live])
        for (_, record), text in zip(live, texts, strict=True):
            values = _values(record, table, encoding) if table and record else nothing
            yield [*values, text]
    kept.tell()


def _values(record: Any, table: dbf.Dbf, encoding: str) -> Row:
    return [dbf.text(value, field, encoding) for value, field in zip(record, table.fields, strict=True)]


def _small(path: Path | None) -> str:
    if path is None:
        return ""
    with path.open("rb") as file:
        return file.read(_SMALL).decode("utf-8", "replace").strip("\ufeff\0 \r\n\t")
