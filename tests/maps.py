"""Write small maps: GeoPackages and zipped shapefiles like those of publishers."""

from __future__ import annotations

import io
import sqlite3
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapefile
import shapely
from pyproj import CRS

GPKG = """
PRAGMA application_id = 1196444487;
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
    organization_coordsys_id INTEGER, definition TEXT, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER,
    z TINYINT, m TINYINT);
"""


def blob(wkt: str | None, crs: int = 4326) -> bytes | None:
    """Return a geometry in the binary format of GeoPackage, with an envelope."""
    if wkt is None:
        return None
    shape = shapely.from_wkt(wkt)
    left, low, right, high = shape.bounds if not shape.is_empty else (0, 0, 0, 0)
    head = struct.pack("<2sBBi4d", b"GP", 0, 0b00000011, crs, left, right, low, high)
    return head + shapely.to_wkb(shape, output_dimension=3 if shape.has_z else 2, flavor="iso")


def geopackage(folder: Path, *statements: str | tuple[str, list[Any]], crs: Sequence[Any] | None = None) -> bytes:
    """Return a GeoPackage built by SQL statements; ``crs`` is a row of gpkg_spatial_ref_sys."""
    path = folder / "made.gpkg"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    try:
        database.executescript(GPKG)
        if crs:
            database.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, '')", crs)
        for statement in statements:
            database.execute(statement) if isinstance(statement, str) else database.execute(*statement)
        database.commit()
    finally:
        database.close()
    return path.read_bytes()


def layer(name: str, crs: int = 4326, *, kind: str = "features", column: str = "geom") -> list[str]:
    """Return the SQL statements that register a layer."""
    return [
        f"INSERT INTO gpkg_contents VALUES ('{name}', '{kind}', '{name}', {crs})",
        f"INSERT INTO gpkg_geometry_columns VALUES ('{name}', '{column}', 'GEOMETRY', {crs}, 0, 0)",
    ]


def shp(
    shapes: Sequence[Any],
    fields: Sequence[tuple[Any, ...]] = (),
    rows: Sequence[Sequence[Any]] = (),
    *,
    encoding: str = "utf-8",
    kind: int | None = None,
) -> dict[str, bytes]:
    """Return the parts of a shapefile by extension; shapes are geometries, or None."""
    parts = {end: io.BytesIO() for end in ("shp", "shx", "dbf")}
    # the argument names of io.BytesIO differ from those of the library's protocols
    open_writer: Any = shapefile.Writer
    with open_writer(**parts, encoding=encoding, shapeType=kind) as writer:
        for field in fields or [("id", "N", 9, 0)]:
            writer.field(*field)
        for number, shape in enumerate(shapes):
            _draw(writer, shape)
            writer.record(*(rows[number] if rows else [number]))
    return {end: part.getvalue() for end, part in parts.items()}


def _draw(writer: Any, shape: Any) -> None:
    if shape is None:
        writer.null()
        return
    z = "z" if shape.has_z else ""
    if shape.geom_type == "Point":
        getattr(writer, f"point{z}")(*shape.coords[0])
        return
    pieces = list(getattr(shape, "geoms", [shape]))
    if shape.geom_type == "MultiPoint":
        getattr(writer, f"multipoint{z}")([piece.coords[0] for piece in pieces])
    elif "Line" in shape.geom_type:
        getattr(writer, f"line{z}")([list(piece.coords) for piece in pieces])
    else:
        rings = [ring for piece in pieces for ring in (piece.exterior, *piece.interiors)]
        getattr(writer, f"poly{z}")([list(ring.coords) for ring in rings])


def zipped(members: dict[str, bytes | str]) -> bytes:
    """Return a ZIP archive of some files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def layer_zip(
    parts: dict[str, bytes], *, stem: str = "map", prj: str | int | None = 4326, **more: bytes | str
) -> bytes:
    """Return a zipped shapefile; ``prj`` is its coordinate reference system, as EPSG number or text, or None."""
    members: dict[str, bytes | str] = {f"{stem}.{end}": part for end, part in (parts | more).items()}
    if prj is not None:
        members[f"{stem}.prj"] = CRS.from_epsg(prj).to_wkt("WKT1_ESRI") if isinstance(prj, int) else prj
    return zipped(members)
