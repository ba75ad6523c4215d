"""A map's table has its attributes and its shapes, as text in longitude and latitude."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Transformer

from ckanext.datapusher_plus.core.errors import Damaged, NoSuchSheet, NothingToLoad, NotText
from tests import maps
from tests.fix_documents import ReadDocument
from tests.fix_file import Said

#: Ulm's minster in longitude and latitude, and in UTM zone 32
ULM = (9.992, 48.399)
ULM_UTM = Transformer.from_crs(4326, 25832, always_xy=True).transform(*ULM)
SQUARE = shapely.from_wkt("POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))")


def collection(*features: Any, **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


def feature(geometry: Any, properties: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry, **more}


def point(*place: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": place}


def near(wkt: str, place: tuple[float, float]) -> bool:
    return bool(shapely.dwithin(shapely.from_wkt(wkt), shapely.Point(place), 1e-6))


class TestGeoJson:
    @pytest.mark.parametrize(
        ("geometry", "wkt"),
        [
            ('{"type": "Point", "coordinates": [9.9920, 48.399]}', "POINT (9.9920 48.399)"),
            ('{"type": "Point", "coordinates": [1, 2, 3.50]}', "POINT Z (1 2 3.50)"),
            ('{"type": "Point", "coordinates": []}', "POINT EMPTY"),
            ('{"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}', '"MULTIPOINT (1 2, 3 4)"'),
            ('{"type": "LineString", "coordinates": [[1, 2], [3, 4]]}', '"LINESTRING (1 2, 3 4)"'),
            (
                '{"coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]], "type": "Polygon"}',
                '"POLYGON ((0 0, 1 0, 1 1, 0 0))"',
            ),
            (
                '{"type": "MultiPolygon", "coordinates": [[[[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 0, 1]]]]}',
                '"MULTIPOLYGON Z (((0 0 1, 1 0 1, 1 1 1, 0 0 1)))"',
            ),
            (
                '{"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]}',
                "GEOMETRYCOLLECTION (POINT (1 2))",
            ),
            ("null", ""),
            ('{"type": "Circle", "coordinates": [1, 2], "radius": 3}', None),
            ('{"type": "LineString", "coordinates": [[1, 2], [3, 4, 5]]}', None),
        ],
    )
    def test_shapes_become_text_digit_for_digit(self, geometry: str, wkt: str | None, read_document) -> None:
        found = read_document(
            f'{{"features": [{{"type": "Feature", "geometry": {geometry}, "properties": {{"a": 1}}}}],'
            '"type": "FeatureCollection"}'
        )
        assert (found.csv.header, found.csv.format, found.csv.counts) == (("a", "geometry"), "GeoJSON", "feature")
        if wkt is None:
            assert found.rows == [["1", geometry]]
        else:
            assert found.text == f"1,{wkt}\n"

    def test_all_features_decide_the_columns(self, read_document: ReadDocument) -> None:
        found = read_document(
            collection(
                feature(None, {"a": 1}, id="x"),
                feature(point(1, 2), {"b": {"c": [1.5]}, "geometry": "own"}),
                feature(point(1, 2), None, title="t"),
                {"type": "Feature", "properties": {"a": 2}},
            )
        )
        assert found.csv.header == ("a", "id", "b", "geometry", "title", "geometry")
        assert found.rows == [
            ["1", "x", "", "", "", ""],
            ["", "", '{"c": [1.5]}', "own", "", "POINT (1 2)"],
            ["", "", "", "", "t", "POINT (1 2)"],
            ["2", "", "", "", "", ""],
        ]

    @pytest.mark.parametrize(
        "document",
        [
            json.dumps(feature(point(1, 2), {"a": 1})),
            "\x1e" + json.dumps(feature(point(1, 2), {"a": 1})) + "\n",
            json.dumps([feature(point(1, 2), {"a": 1})]),
            json.dumps({"items": [feature(point(1, 2), {"a": 1})], "total": 1}),
        ],
    )
    def test_features_are_known_wherever_they_are(self, document: str, read_document: ReadDocument) -> None:
        assert read_document(document).text == "1,POINT (1 2)\n"

    @pytest.mark.parametrize(
        "crs",
        [
            {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},
            {"type": "name", "properties": {"name": "EPSG:25832"}},
            {"type": "EPSG", "properties": {"code": 25832}},
        ],
    )
    @pytest.mark.parametrize("last", [True, False])
    def test_other_coordinates_are_projected(
        self, crs: Any, last: bool, read_document: ReadDocument, said: Said
    ) -> None:
        features = [feature(point(*ULM_UTM), {"a": 1}), feature(None, {"a": 2})]
        members = {"features": features, "crs": crs} if last else {"crs": crs, "features": features}
        (ulm, nothing) = read_document(json.dumps({"type": "FeatureCollection", **members})).rows
        assert near(ulm[1], ULM)
        assert nothing == ["2", ""]
        assert "UTM zone 32N" in said.lines[0]

    @pytest.mark.parametrize(
        ("crs", "told"),
        [
            ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, ""),
            ({"type": "name", "properties": {"name": "EPSG:4326"}}, ""),
            (None, "does not name"),
            ({"type": "link", "properties": {"href": "http://example.org/crs"}}, "does not name"),
            ({"type": "name", "properties": {"name": "Gauß-Krüger"}}, "Gauß-Krüger"),
            ({"type": "name", "properties": {"name": "EPSG:999999"}}, "999999"),
        ],
    )
    def test_coordinates_stay_where_nothing_better_is_known(self, crs: Any, told: str, read_document, said) -> None:
        assert read_document(collection(feature(point(1, 2), {"a": 1}), crs=crs)).text == "1,POINT (1 2)\n"
        assert bool(said.lines) == bool(told)
        assert told in " ".join(said.lines)

    def test_shapes_are_simplified_only_on_request(self, read_document: ReadDocument) -> None:
        line = {"type": "LineString", "coordinates": [[0, 0], [1, 0.0001], [2, 0]]}
        document = collection(feature(line, {"a": 1}))
        assert "0.0001" in read_document(document).text
        # 0.0001 degrees are 11 metres
        assert "0.0001" in read_document(document, simplify=5).text
        assert read_document(document, simplify=20).text == '1,"LINESTRING (0 0, 2 0)"\n'

    def test_no_features_are_nothing_to_load(self, read_document: ReadDocument) -> None:
        with pytest.raises(NothingToLoad):
            read_document(collection())


class TestGeoPackage:
    def test_values_are_what_the_database_holds(self, tmp_path: Path, read_document: ReadDocument) -> None:
        content = maps.geopackage(
            tmp_path,
            "CREATE TABLE t (id INTEGER PRIMARY KEY, geom BLOB, b BOOLEAN, n INT, f DOUBLE, s TEXT(9), d DATE, x BLOB)",
            *maps.layer("t"),
            (
                "INSERT INTO t VALUES (1, ?, 1, 9223372036854775807, 0.1, 'é,', '2026-01-02', x'00ff')",
                [maps.blob("POINT Z (1 2 3)")],
            ),
            (
                "INSERT INTO t VALUES (2, ?, 0, 'twelve', 1e300, '', NULL, NULL)",
                [maps.blob("POLYGON ((0 0, 1 0, 1 1, 0 0))")],
            ),
            ("INSERT INTO t VALUES (3, ?, NULL, NULL, 9e999, NULL, NULL, NULL)", [maps.blob(None)]),
        )
        found = read_document(content)
        assert found.csv.declared == ("Integer", "String", "Boolean", "Integer", "Float", "String", "Date", "String")
        assert found.text == (
            '1,POINT Z (1 2 3),true,9223372036854775807,0.1,"é,",2026-01-02,00ff\n'
            '2,"POLYGON ((0 0, 1 0, 1 1, 0 0))",false,twelve,1e+300,"",,\n3,,,,,,,\n'
        )

    def test_the_first_layer_that_is_not_empty_is_read(self, tmp_path: Path, read_document: ReadDocument, said) -> None:
        content = maps.geopackage(
            tmp_path,
            *(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY, geom BLOB)' for name in ("none", "some", 'a ""b""')),
            *(statement for name in ("none", "some", 'a "b"') for statement in maps.layer(name)),
            ("INSERT INTO some VALUES (7, ?)", [maps.blob("POINT (1 2)")]),
            ('INSERT INTO "a ""b""" VALUES (8, NULL)', []),
        )
        assert read_document(content).text == "7,POINT (1 2)\n"
        assert '“some” was read; the file also has “none”, “a "b"”' in said.lines[0]
        assert read_document(content, sheet='A "B"').text == read_document(content, sheet="-1").text == "8,\n"
        with pytest.raises(NothingToLoad):
            read_document(content, sheet="none")
        with pytest.raises(NoSuchSheet, match="some"):
            read_document(content, sheet="other")

    @pytest.mark.parametrize(
        ("crs", "projected"),
        [
            (("x", 25832, "EPSG", 25832, ""), True),
            (("x", 100000, "NONE", 1, maps.CRS.from_epsg(25832).to_wkt()), True),
            (("x", 100000, "NONE", 1, "PROJCS[broken"), False),
            (("x", -1, "NONE", -1, "undefined"), False),
        ],
    )
    def test_other_coordinates_are_projected(self, crs: Any, projected: bool, tmp_path, read_document, said) -> None:
        content = maps.geopackage(
            tmp_path,
            "CREATE TABLE t (geom BLOB)",
            *maps.layer("t", crs[1]),
            ("INSERT INTO t VALUES (?)", [maps.blob(f"POINT ({ULM_UTM[0]} {ULM_UTM[1]})", crs[1])]),
            crs=crs,
        )
        assert near(read_document(content).rows[0][0], ULM if projected else ULM_UTM)
        assert ("were turned" in said.lines[0]) == projected

    def test_shapes_that_are_none_are_told(self, tmp_path: Path, read_document: ReadDocument, said: Said) -> None:
        content = maps.geopackage(
            tmp_path, "CREATE TABLE t (geom BLOB, a)", *maps.layer("t"), "INSERT INTO t VALUES (x'00', 1), ('words', 2)"
        )
        assert read_document(content).text == ",1\n,2\n"
        assert "2 shapes could not be read" in said.lines[0]

    @pytest.mark.parametrize("content", [b"SQLite format 3\0" + b"\0" * 52 + b"GPKG" + b"\0" * 100])
    def test_a_damaged_one_is_called_so(self, content: bytes, read_document: ReadDocument) -> None:
        with pytest.raises(Damaged):
            read_document(content)

    def test_another_database_is_none(self, tmp_path: Path, publish) -> None:
        content = maps.geopackage(tmp_path, "DROP TABLE gpkg_contents", "PRAGMA application_id = 0", "VACUUM")
        from ckanext.datapusher_plus import formats

        with pytest.raises(NotText, match="SQLite"):
            formats.detect(publish(content, format="")[1], "")


class TestShapefile:
    @pytest.mark.parametrize(
        "wkt",
        [
            "POINT (1 2)",
            "POINT Z (1 2 3)",
            "MULTIPOINT ((1 2), (3 4))",
            "LINESTRING (0 0, 1 1)",
            "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
            "MULTILINESTRING Z ((0 0 1, 1 1 2), (2 2 3, 3 3 4))",
            SQUARE.wkt,
            "MULTIPOLYGON (((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 8 1, 8 8, 1 8, 1 1)), ((2 2, 2 3, 3 3, 3 2, 2 2)))",
            "MULTIPOLYGON (((0 0, 0 1, 1 1, 1 0, 0 0)), ((5 5, 5 9, 9 9, 9 5, 5 5), (6 6, 7 6, 7 7, 6 7, 6 6)))",
        ],
    )
    def test_shapes_come_back_equal(self, wkt: str, read_document: ReadDocument) -> None:
        shape = shapely.from_wkt(wkt)
        rows = read_document(maps.layer_zip(maps.shp([shape, None]))).rows
        found = shapely.from_wkt(rows[0][1])
        assert found.equals(shape)
        assert (found.has_z, found.geom_type) == (shape.has_z, shape.geom_type)
        assert rows[1] == ["1", ""]

    def test_attributes_are_what_the_table_holds(self, read_document: ReadDocument) -> None:
        fields = [("s", "C", 9), ("n", "N", 18, 0), ("f", "N", 24, 15), ("d", "D"), ("l", "L"), ("e", "F", 13, 11)]
        rows = [["Bär", 10**17, 0.1, "20260102", True, 0.5], ["", None, None, None, None, None]]
        parts = maps.shp([shapely.Point(1, 2)] * 2, fields, rows)
        parts["dbf"] = parts["dbf"].replace(b"0.50000000000", b"1.2300000e+03")
        found = read_document(maps.layer_zip(parts))
        assert found.csv.declared == ("String", "Integer", "Float", "Date", "Boolean", "Float", "String")
        assert found.rows == [
            ["Bär", str(10**17), "0.1", "2026-01-02", "true", "1230", "POINT (1 2)"],
            [""] * 6 + ["POINT (1 2)"],
        ]

    @pytest.mark.parametrize(
        ("encoding", "cpg", "option"),
        [
            ("utf-8", "UTF-8", ""),
            ("utf-8", "65001", ""),
            ("utf-8", None, ""),
            ("cp1252", "1252", ""),
            ("cp1252", "ANSI 1252", ""),
            ("cp1252", None, ""),
            ("iso8859-1", "ISO 88591", ""),
            ("iso8859-1", "ISO-8859-1", ""),
            ("cp850", "OEM 850", ""),
            ("cp850", "UTF-8", "cp850"),
        ],
    )
    def test_letters_are_read_as_written(self, encoding: str, cpg: str | None, option: str, read_document) -> None:
        parts = maps.shp([shapely.Point(1, 2)], [("größe", "C", 20)], [["Müllerstraße"]], encoding=encoding)
        found = read_document(maps.layer_zip(parts, **({"cpg": cpg} if cpg else {})), encoding=option)
        assert (found.csv.header[0], found.rows[0][0]) == ("größe", "Müllerstraße")

    def test_letters_cut_in_half_are_told(self, read_document: ReadDocument, said: Said) -> None:
        parts = maps.shp([shapely.Point(1, 2)], [("s", "C", 4)], [["abcd"]])
        parts["dbf"] = parts["dbf"].replace(b"abcd", b"abc\xc3")
        assert read_document(maps.layer_zip(parts)).rows[0][0] == "abc�"
        assert "1 letters" in said.lines[0]

    @pytest.mark.parametrize("prj", [25832, maps.CRS.from_epsg(25832).to_wkt()])
    def test_other_coordinates_are_projected(self, prj: Any, read_document: ReadDocument) -> None:
        assert near(read_document(maps.layer_zip(maps.shp([shapely.Point(ULM_UTM)]), prj=prj)).rows[0][1], ULM)

    def test_without_a_projection_coordinates_stay(self, read_document: ReadDocument, said: Said) -> None:
        assert near(read_document(maps.layer_zip(maps.shp([shapely.Point(ULM_UTM)]), prj=None)).rows[0][1], ULM_UTM)
        assert "does not name the coordinate reference system" in said.lines[0]

    def test_without_a_table_there_are_only_shapes(self, read_document: ReadDocument, said: Said) -> None:
        parts = {"shp": maps.shp([shapely.Point(1, 2)])["shp"]}
        assert read_document(maps.layer_zip(parts)).text == "POINT (1 2)\n"
        assert "without its table" in said.lines[0]

    def test_deleted_rows_are_left_out(self, read_document: ReadDocument) -> None:
        parts = maps.shp([shapely.Point(n, n) for n in range(3)])
        start = int.from_bytes(parts["dbf"][8:10], "little")
        width = int.from_bytes(parts["dbf"][10:12], "little")
        dbf = bytearray(parts["dbf"])
        dbf[start + width] = ord("*")
        rows = read_document(maps.layer_zip({**parts, "dbf": bytes(dbf)})).rows
        assert rows == [["0", "POINT (0 0)"], ["2", "POINT (2 2)"]]

    def test_one_of_several_is_read_wherever_it_lies(self, read_document: ReadDocument, said: Said) -> None:
        empty, some = maps.shp([], kind=1), maps.shp([shapely.Point(1, 2)])
        members = {
            f"{stem}.{end.upper()}": part
            for stem, parts in (("a/Empty", empty), ("b/Some", some))
            for end, part in parts.items()
        }
        content = maps.zipped({**members, "__MACOSX/b/._Some.SHP": b"junk", "readme.txt": b""})
        assert read_document(content).text == "0,POINT (1 2)\n"
        assert "“Some” was read; the file also has “Empty”" in said.lines[0]
        with pytest.raises(NothingToLoad):
            read_document(content, sheet="empty")

    @pytest.mark.parametrize("cut", ["shp", "dbf"])
    def test_a_damaged_one_is_called_so(self, cut: str, read_document: ReadDocument) -> None:
        parts = maps.shp([SQUARE])
        with pytest.raises(Damaged):
            read_document(maps.layer_zip({**parts, cut: parts[cut][: 30 if cut == "dbf" else -20]}))

    def test_unequal_parts_lose_nothing(self, read_document: ReadDocument) -> None:
        two, one = maps.shp([shapely.Point(1, 1), shapely.Point(2, 2)]), maps.shp([shapely.Point(1, 1)])
        assert read_document(maps.layer_zip({**two, "dbf": one["dbf"]})).rows[1] == ["", "POINT (2 2)"]
        assert read_document(maps.layer_zip({**one, "dbf": two["dbf"]})).rows[1] == ["1", ""]


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>doc</name>
<Placemark><name>alone</name><Style><name>no</name></Style></Placemark>
<Folder><name>North</name>
 <Placemark><name>Ulm</name><description><![CDATA[<b>x</b>]]></description><ExtendedData>
  <Data name="pop"><displayName>People</displayName><value>126000</value></Data>
  <SchemaData schemaUrl="#s"><SimpleData name="code">007</SimpleData></SchemaData></ExtendedData>
  <Point><coordinates> 9.992, 48.399,0 </coordinates></Point></Placemark>
 <Folder><name>East</name><Placemark><TimeStamp><when>2026-01-02</when></TimeStamp>SHAPE</Placemark></Folder>
</Folder><Placemark><name>last</name></Placemark></Document></kml>"""
RING = "<LinearRing><coordinates>0,0 1,0 1,1 0,0</coordinates></LinearRing>"


class TestKml:
    def test_every_placemark_is_a_row(self, read_document: ReadDocument) -> None:
        found = read_document(KML.replace("SHAPE", ""))
        assert found.csv.header == ("folder", "name", "description", "pop", "code", "when", "geometry")
        assert found.rows == [
            ["", "alone", "", "", "", "", ""],
            ["North", "Ulm", "<b>x</b>", "126000", "007", "", "POINT (9.992 48.399)"],
            ["North / East", "", "", "", "", "2026-01-02", ""],
            ["", "last", "", "", "", "", ""],
        ]

    @pytest.mark.parametrize(
        ("shape", "wkt"),
        [
            ("<LineString><coordinates>1,2 3,4,5</coordinates></LineString>", "LINESTRING Z (1 2 0, 3 4 5)"),
            (
                f"<Polygon><outerBoundaryIs>{RING}</outerBoundaryIs><innerBoundaryIs>{RING}</innerBoundaryIs></Polygon>",
                "POLYGON ((0 0, 1 0, 1 1, 0 0), (0 0, 1 0, 1 1, 0 0))",
            ),
            (
                "<MultiGeometry><Point><coordinates>1,2</coordinates></Point><Point><coordinates>3,4</coordinates></Point>"
                "</MultiGeometry>",
                "MULTIPOINT ((1 2), (3 4))",
            ),
            (
                "<MultiGeometry><Point><coordinates>1,2</coordinates></Point>"
                "<LineString><coordinates>3,4 5,6,7</coordinates></LineString></MultiGeometry>",
                "GEOMETRYCOLLECTION Z (POINT Z (1 2 0), LINESTRING Z (3 4 0, 5 6 7))",
            ),
            (
                "<gx:Track><when>2026</when><gx:coord>1 2 0</gx:coord><gx:coord>3 4 0</gx:coord></gx:Track>",
                "LINESTRING (1 2, 3 4)",
            ),
            ("<Point><coordinates>here</coordinates></Point>", ""),
        ],
    )
    def test_shapes_become_text(self, shape: str, wkt: str, read_document: ReadDocument, said: Said) -> None:
        assert read_document(KML.replace("SHAPE", shape)).rows[2][-1] == wkt
        assert bool(said.lines) == (not wkt)

    def test_folders_and_placemarks_may_be_nested_wrongly(self, read_document: ReadDocument) -> None:
        document = "<kml><Placemark><Folder><Placemark><name>a</name></Placemark></Folder></Placemark></kml>"
        assert read_document(document).text == "a,\n"

    def test_an_archive_with_a_document_is_read(self, read_document: ReadDocument) -> None:
        content = maps.zipped({"doc.kml": KML.replace("SHAPE", ""), "files/icon.png": b"x"})
        found = read_document(content)
        assert (found.csv.format, len(found.rows)) == ("KMZ", 4)

    @pytest.mark.parametrize(
        ("content", "error"),
        [
            ("<kml></kml>", NothingToLoad),
            ("<kml><Placemark>", Damaged),
            ('<?xml version="1.0" encoding="UTF-99"?><kml><Placemark/></kml>', Damaged),
            (KML.encode("utf-16"), None),
        ],
    )
    def test_what_is_none_is_refused(self, content: Any, error: type[Exception] | None, read_document) -> None:
        if error is None:
            content = KML.replace('"UTF-8"', '"UTF-16"').replace("SHAPE", "").encode("utf-16")
            assert len(read_document(content).rows) == 4
        else:
            with pytest.raises(error):
                read_document(content)
