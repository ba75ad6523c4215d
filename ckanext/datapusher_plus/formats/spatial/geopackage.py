"""GeoPackage, an SQLite database: one of its layers is read, and nothing in it is executed.

SQLite opens it as an immutable file, and an authorizer allows nothing but reading ordinary tables. Views, triggers,
virtual tables and functions in an untrusted database never run.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from ...core.errors import Damaged, NothingToLoad, TooManyColumns
from ...core.message import say
from ...core.parts import MOST_PARTS, Part
from ...core.table_names import identifier
from ...core.values import CleanCsv, Source
from ..base import Work, register
from ..clean_csv.writer import csv_rows
from ..parts import note
from ..sandbox.sandboxed import Apart
from .geometry import WGS_84, Named, Shapes
from .layers import choose

_MAGIC = b"SQLite format 3\0"
_APPLICATIONS = (b"GPKG", b"GP10", b"GP11")
_READ = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA})
_PRAGMAS = frozenset({"table_info", "trusted_schema", "cell_size_check"})
#: tables that describe the others; each must be an ordinary table, not a view
_BOOKS = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
#: bytes of the envelope before a geometry, by the envelope indicator in its flags
_ENVELOPES = (0, 32, 48, 48, 64)
#: rows whose shapes are converted at once
_BATCH = 200
_KINDS = {
    "BOOLEAN": "Boolean",
    **dict.fromkeys(("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INTEGER", "BIGINT"), "Integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "REAL", "NUMERIC"), "Float"),
    "DATE": "Date",
    "DATETIME": "DateTime",
}


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer: a table of the database."""

    name: str
    #: the geometry column (empty when there is none), and the ``srs_id`` of its coordinate reference system
    shapes: str
    crs: int


@register
class GeoPackage(Apart):
    """A GeoPackage: layers of features in an SQLite database."""

    name = "GeoPackage"
    aliases = frozenset({"gpkg", "geopackage"})
    extensions = frozenset({"gpkg"})
    media_types = frozenset({"application/geopackage+sqlite3"})
    signed: ClassVar[bool] = True

    def recognises(self, head: bytes) -> bool:
        """Return whether it is SQLite's, with GeoPackage's application ID (old writers omit it) or tables."""
        return head.startswith(_MAGIC) and (head[68:72] in _APPLICATIONS or b"gpkg_contents" in head)

    def read(self, source: Source, work: Work) -> CleanCsv:
        """Convert the layer that ``dpp_sheet`` names, else the first that is not empty, to canonical CSV."""
        with _opened(source.path) as database:
            layers = _layers(database)
            names = [layer.name for layer in layers]
            note(work.dir, [Part.of_rows(name, [_headings(database, name)]) for name in names[:MOST_PARTS]])
            layer = layers[choose(names, work.options.sheet, lambda at: _filled(database, names[at]), work.log)]
            return replace(_written(database, layer, work), sheet=layer.name)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading.

    :raises Damaged: when it cannot be read, on opening or while it is open.
    """
    database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    database.text_factory = _text
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        database.set_authorizer(_allowed)
        yield database
    # SQLite's message about a damaged database may itself not decode
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise Damaged(
            say("GeoPackage"), say("a part of it is missing, or one of its tables is not a plain one")
        ) from error
    finally:
        database.close()


def _allowed(action: int, first: str | None, _second: str | None, _base: str | None, inner: str | None) -> int:
    """Allow reading only; ``inner`` is the view or trigger that causes the access."""
    denied = action not in _READ or inner or (action == sqlite3.SQLITE_PRAGMA and first not in _PRAGMAS)
    return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK


def _text(raw: bytes) -> str:
    # bytes that are not UTF-8 become lone surrogates, which the CSV writer replaces and counts
    return raw.decode("utf-8", "surrogateescape")


def _layers(database: sqlite3.Connection) -> list[_Layer]:
    """Return the layers that are ordinary tables; those with shapes come first."""
    schema = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    plain = {name.lower() for name, sql in schema if not (sql or "").lstrip().upper().startswith("CREATE VIRTUAL")}
    if _BOOKS[0] not in plain:
        raise Damaged(say("GeoPackage"), say("its list of layers is missing"))
    contents = database.execute("SELECT table_name, data_type FROM gpkg_contents ORDER BY rowid").fetchall()
    shapes: dict[str, tuple[str, int]] = {}
    if _BOOKS[1] in plain:
        found = database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
        shapes = {table: (column, crs) for table, column, crs in found}
    layers = [
        _Layer(name, *shapes.get(name, ("", WGS_84)))
        for name, kind in contents
        if kind in ("features", "attributes") and name.lower() in plain
    ]
    if not layers:
        raise NothingToLoad(say("has no layer that is an ordinary table"))
    # features before attributes, independent of the order in which they were registered
    return sorted(layers, key=lambda layer: not layer.shapes)


def _headings(database: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in database.execute(f"PRAGMA table_info({identifier(table)})")]


def _filled(database: sqlite3.Connection, table: str) -> bool:
    return bool(database.execute(f"SELECT 1 FROM {identifier(table)} LIMIT 1").fetchall())  # noqa: S608 (quoted)


def _written(database: sqlite3.Connection, layer: _Layer, work: Work) -> CleanCsv:
    columns = [(row[1], row[2]) for row in database.execute(f"PRAGMA table_info({identifier(layer.name)})")]
    if len(columns) > work.limits.columns:
        raise TooManyColumns(len(columns), work.limits.columns)
    header = tuple(name for name, _ in columns)
    kinds = [_KINDS.get(kind.partition("(")[0].strip().upper()) or "String" for _, kind in columns]
    place = next((at for at, name in enumerate(header) if layer.shapes and name.lower() == layer.shapes.lower()), None)
    path = work.dir / "layer.csv"
    listed = ", ".join(map(identifier, header))
    cursor = database.execute(f"SELECT {listed} FROM {identifier(layer.name)}")  # noqa: S608 (quoted)
    with csv_rows(path, header, work.log) as out:
        shapes = Shapes(_crs(database, layer.crs), work) if place is not None else None
        while rows := cursor.fetchmany(_BATCH):
            texts = shapes.from_wkb([_wkb(row[place]) for row in rows]) if shapes and place is not None else ()
            for number, row in enumerate(rows):
                values = [_shown(value, kind) for value, kind in zip(row, kinds, strict=True)]
                if place is not None:
                    values[place] = texts[number]
                out.add(values)
        if shapes:
            shapes.tell()
        if not out.written:
            raise NothingToLoad(say("holds no rows"))
    return CleanCsv(
        path=path, header=header, format="GeoPackage", encoding="UTF-8", declared=tuple(kinds), counts="feature"
    )


def _shown(value: Any, kind: str) -> str | None:
    """Return a value as text; SQLite stores values of any type, independent of the column's declared type."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if kind == "Boolean" and value in (0, 1):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return repr(value)


def _wkb(blob: Any) -> bytes | None:
    """Return the Well-Known Binary in a GeoPackage geometry; empty when it is damaged, None when it is NULL."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        return None if blob is None else b""
    envelope = blob[3] >> 1 & 7
    return blob[8 + _ENVELOPES[envelope] :] if envelope < len(_ENVELOPES) else b""


def _crs(database: sqlite3.Connection, number: int) -> Named:
    """Return the coordinate reference system of an ``srs_id``, which is defined in this database only."""
    if number == WGS_84:
        return number
    query = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?"
    found = database.execute(query, (number,)).fetchall()
    if number <= 0 or not found:
        return None
    organization, code, definition = found[0]
    return int(code) if str(organization).upper() == "EPSG" and isinstance(code, int) else str(definition)
