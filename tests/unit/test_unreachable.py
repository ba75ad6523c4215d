"""A stranger's file reaches nothing but itself: no server, no other file, and nothing in it is executed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import shapely

from ckanext.datapusher_plus.core.errors import Damaged, NothingToLoad
from tests import maps
from tests.fix_documents import ReadDocument
from tests.fix_file import Said

GRIDS = (
    'PROJCS["x",GEOGCS["y",DATUM["z",SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",9],'
    'UNIT["metre",1],EXTENSION["PROJ4","+proj=tmerc +lon_0=9 +ellps=GRS80 +nadgrids={} +units=m +no_defs"]]'
)


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server that must not be asked, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()
        thread.join()


def kml(url: str) -> str:
    return (
        f"<kml><NetworkLink><Link><href>{url}/net.kml</href></Link></NetworkLink><Placemark><styleUrl>{url}/s.kml#s</styleUrl>"
        f"<description>&lt;img src='{url}/i.png'&gt;</description></Placemark></kml>"
    )


def linked_crs(url: str) -> str:
    crs = {"type": "link", "properties": {"href": f"{url}/crs", "type": "proj4"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": [{"type": "Feature", "geometry": None}]})


@pytest.mark.parametrize("make", [kml, linked_crs])
def test_links_are_not_followed(make, server, read_document: ReadDocument) -> None:
    url, asked = server
    assert len(read_document(make(url)).rows) == 1
    assert asked == []


@pytest.mark.parametrize("grids", ["{url}/grid.gtx", "/vsicurl/{url}/grid.tif", "/etc/passwd", "@/etc/passwd"])
@pytest.mark.parametrize("how", ["shapefile", "geopackage"])
def test_definitions_of_coordinates_open_nothing(
    how: str, grids: str, server, tmp_path, read_document, said: Said
) -> None:
    url, asked = server
    definition = GRIDS.format(grids.format(url=url))
    if how == "shapefile":
        content = maps.layer_zip(maps.shp([shapely.Point(500_000, 5_000_000)]), prj=definition)
    else:
        content = maps.geopackage(
            tmp_path,
            "CREATE TABLE t (geom BLOB)",
            *maps.layer("t", 100_000),
            ("INSERT INTO t VALUES (?)", [maps.blob("POINT (500000 5000000)", 100_000)]),
            crs=("x", 100_000, "NONE", 1, definition),
        )
    assert read_document(content).rows[0][-1] == "POINT (500000 5000000)"
    assert "is not known here" in said.lines[0]
    assert asked == []


@pytest.mark.parametrize(
    "reference", ['SYSTEM "{url}/x"', 'SYSTEM "file:///etc/passwd"', '"{url}"', 'PUBLIC "x" "{url}/x"']
)
def test_document_types_are_refused(reference: str, server, read_document: ReadDocument) -> None:
    url, asked = server
    document = (
        f"<!DOCTYPE kml [<!ENTITY x {reference.format(url=url)}>]><kml><Placemark><name>&x;</name></Placemark></kml>"
    )
    with pytest.raises(Damaged, match="document type"):
        read_document(document)
    assert asked == []


SECRET = "CREATE TABLE secret (a TEXT)", "INSERT INTO secret VALUES ('hidden')"


@pytest.mark.parametrize(
    ("statements", "error"),
    [
        (["CREATE VIEW t AS SELECT a FROM secret"], NothingToLoad),
        (["CREATE VIRTUAL TABLE t USING fts5(a)", "INSERT INTO t VALUES ('x')"], NothingToLoad),
        (
            [
                "CREATE TABLE t (a TEXT)",
                "DROP TABLE gpkg_contents",
                "CREATE VIEW gpkg_contents AS SELECT * FROM secret",
            ],
            Damaged,
        ),
        (
            ["CREATE TABLE t (a TEXT)", "DROP TABLE gpkg_geometry_columns"]
            + ["CREATE VIEW gpkg_geometry_columns AS SELECT a table_name, a column_name, 1 srs_id FROM secret"],
            NothingToLoad,
        ),
    ],
)
def test_nothing_in_a_database_is_executed(statements, error: type[Exception], tmp_path, read_document) -> None:
    with pytest.raises(error):
        read_document(maps.geopackage(tmp_path, *SECRET, *maps.layer("t", kind="attributes"), *statements))


def test_a_view_in_the_place_of_a_table_is_not_run(tmp_path: Path, read_document: ReadDocument) -> None:
    content = maps.geopackage(
        tmp_path,
        *SECRET,
        "CREATE TABLE t (geom BLOB)",
        *maps.layer("t", 7),
        ("INSERT INTO t VALUES (?)", [maps.blob("POINT (1 2)", 7)]),
        "DROP TABLE gpkg_spatial_ref_sys",
        "CREATE VIEW gpkg_spatial_ref_sys AS "
        "SELECT 7 srs_id, a organization, a organization_coordsys_id, a definition FROM secret",
    )
    with pytest.raises(Damaged, match="not a plain one"):
        read_document(content)


def test_columns_that_are_calculated_are_not(tmp_path: Path, read_document: ReadDocument) -> None:
    calculated = "CREATE TABLE t (a TEXT, b AS (zeroblob(900000000)), c AS (zeroblob(900000000)) STORED)"
    content = maps.geopackage(tmp_path, *maps.layer("t", kind="attributes"), calculated)
    with pytest.raises(NothingToLoad):
        read_document(content)


def test_members_of_an_archive_stay_where_they_belong(tmp_path: Path, read_document: ReadDocument) -> None:
    parts = maps.shp([shapely.Point(1, 2)])
    vrt = "<OGRVRTDataSource><OGRVRTLayer><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    content = maps.zipped({**{f"../../escaped.{end}": part for end, part in parts.items()}, "x.vrt": vrt})
    assert read_document(content).text == "0,POINT (1 2)\n"
    assert not list(tmp_path.parent.glob("escaped*"))
