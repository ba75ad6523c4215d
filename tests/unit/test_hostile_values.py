"""What no honest file has is loaded as far as a table can hold it, or ends in a sentence that says what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ckanext.datapusher_plus.core.errors import BadQuoting, LineTooLong
from ckanext.datapusher_plus.formats.clean_csv import records
from tests import books, maps
from tests.fix_documents import ReadDocument
from tests.fix_file import Analyse, Read, Said

HALF = "\\ud800"
POINT = '{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"a":1}}'


def features(crs: str) -> str:
    return f'{{"type":"FeatureCollection","crs":{crs},"features":[{POINT}]}}'


@pytest.mark.parametrize(
    ("document", "header", "text"),
    [
        (f'[{{"{HALF}":1,"b\\udfff":"{HALF}"}}]', "� b�", "1,�\n"),
        (f'{{"{HALF}":"{HALF}"}}\n{{"b":1}}\n', "� b", "�,\n,1\n"),
        (f'[["{HALF}","b"],[1,2]]', "� b", "1,2\n"),
        (f'{{"{HALF}":[1,2],"b":[3,4]}}', "� b", "1,3\n2,4\n"),
        (f'{{"columns":["{HALF}","b"],"data":[[1,2]]}}', "� b", "1,2\n"),
        (f'{{"{HALF}":[{{"a":1}},{{"a":2}}],"b":[{{"c":1}}]}}', "a", "1\n2\n"),
        (f'[{{"a":{{"{HALF}":["{HALF}"]}}}}]', "a", '"{""�"": [""�""]}"\n'),
        (POINT.replace('"a"', f'"{HALF}"'), "� geometry", "1,POINT (1 2)\n"),
        (features(f'{{"type":"name","properties":{{"name":"{HALF}"}}}}'), "a geometry", "1,POINT (1 2)\n"),
    ],
)
def test_half_a_letter_is_replaced_wherever_it_is(
    document: str, header: str, text: str, analyse: Analyse, said: Said
) -> None:
    found = analyse(document.encode(), format="JSON")
    assert (" ".join(found.csv.header), found.csv.path.read_text().partition("\n")[2]) == (header, text)
    # the log's lines are stored too
    assert "".join(said.lines).encode()


@pytest.mark.parametrize("depth", [100, 480, 600, 900])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a": ', "}")])
def test_what_is_nested_deeply_stays_what_it_is(
    depth: int, opening: str, closing: str, read_document: ReadDocument
) -> None:
    value = opening * depth + '[1.50, "x", null]' + closing * depth
    assert read_document(f'[{{"a": {value}}}]').text == '"' + value.replace('"', '""') + '"\n'


@pytest.mark.parametrize("depth", [20, 300, 450])
def test_shapes_within_shapes_stay_what_they_are(depth: int, read_document: ReadDocument) -> None:
    shape = '{"type": "GeometryCollection", "geometries": [' * depth + "]}" * depth
    found = read_document(f'{{"type": "Feature", "geometry": {shape}, "properties": {{"a": 1}}}}', format="GeoJSON")
    assert "GeometryCollection" in found.text or found.text.count("GEOMETRYCOLLECTION") == depth


@pytest.mark.parametrize(
    "number", ["1" * 5_000, "-" + "9" * 5_000, "0." + "1" * 200_000, "1" * 15_000_000, "1e999999999"]
)
def test_a_long_number_is_a_text(number: str, analyse: Analyse) -> None:
    found = analyse(f'[{{"a": {number}}}, {{"a": 1}}]'.encode(), format="JSON")
    assert (found.rows, found.columns[0].integers) == (2, 1)
    assert found.csv.path.read_text() == f"a\n{number}\n1\n"


@pytest.mark.parametrize(
    "crs",
    [
        '{"type":"EPSG","properties":{"code":%s}}' % ("1" * 5_000),
        '{"type":"EPSG","properties":{"code":"²"}}',
        '{"type":"name","properties":{"name":"EPSG:%s"}}' % ("1" * 5_000),
        '{"type":"name","properties":{"name":"EPSG:999999999"}}',
        '{"type":"name","properties":{"name":"a\\u0000b"}}',
        '{"type":"name","properties":{"name":"LOCAL_CS[\\"a building\\",UNIT[\\"metre\\",1]]"}}',
        '{"type":["name"],"properties":[1]}',
    ],
)
def test_coordinates_stay_where_their_system_makes_no_sense(crs: str, read_document: ReadDocument, said: Said) -> None:
    assert read_document(features(crs), format="GeoJSON").text == "1,POINT (1 2)\n"
    assert any("coordinate reference system" in line for line in said.lines)


@pytest.mark.parametrize(("newline", "length"), [(b"\n", 3 << 20), (b"\r\n", 17 << 20), (b"\r", 17 << 20)])
def test_a_long_line_is_loaded(newline: bytes, length: int, analyse: Analyse) -> None:
    lines = [b"a,b", b"1,2", b"x" * length + b",1", b"3,4"]
    found = analyse(newline.join(lines) + newline)
    assert (found.rows, [column.integers for column in found.columns]) == (3, [2, 3])


@pytest.mark.parametrize(
    ("content", "error", "line"),
    [
        (b"a,b\n1,2\n" + b"x" * (9 << 20), LineTooLong, 3),
        (b'a,b\n1,2\n5" ' + b"x" * (9 << 20), LineTooLong, 3),
        (b"x" * (9 << 20), LineTooLong, 1),
        (b'a,b\n1,2\n"x\n' + b"x" * (9 << 20), BadQuoting, 3),
    ],
)
def test_a_line_without_an_end_is_called_that(
    content: bytes, error: type[Exception], line: int, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LONGEST_RECORD", 4 << 20)
    with pytest.raises(error, match=rf"[Ll]ine {line}\b"):
        read(content)


def test_rows_that_end_in_cr_are_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_RECORD", 1 << 12)
    path = tmp_path / "cr.csv"
    path.write_bytes(b"a,b\n" + b"1,2\r" * 10_000)
    dialect = records.Dialect(separator=b",", returns=2)
    found = [row for piece in records.pieces(path, size=1 << 10) for row in records.records(piece, dialect)]
    assert (len(found), found[-1]) == (10_001, records.CsvRecord([b"1", b"2"], 10_001))


LONG = "1" * 5_000


@pytest.mark.parametrize("depth", [3, 40, 80])
def test_groups_of_shapes_within_groups(depth: int, read_document: ReadDocument) -> None:
    groups = "<MultiGeometry>" * depth + "<Point><coordinates>1,2</coordinates></Point>" + "</MultiGeometry>" * depth
    kml = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>a</name>{groups}</Placemark></kml>'
    found = read_document(kml, format="KML")
    assert found.text == f"a,{'GEOMETRYCOLLECTION (' * (depth - 1)}MULTIPOINT ((1 2)){')' * (depth - 1)}\n"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (f'<row r="{LONG}"><c><v>1</v></c></row>', "1"),
        (f'<row><c s="{LONG}"><v>1</v></c></row>', "1"),
        (f"<row><c><v>{LONG}</v></c></row>", LONG),
        ('<row><c t="inlineStr"><is><t>_xD800_b</t></is></c></row>', "�b"),
    ],
)
def test_cells_of_xlsx(cell: str, text: str, analyse: Analyse) -> None:
    found = analyse(books.xlsx(books.rows(["a"]) + cell), format="XLSX", name="x.xlsx")
    assert found.csv.path.read_text() == f"a\n{text}\n"


@pytest.mark.parametrize("code", ["0" * 100_000, "[" * 100_000, "y" * 100_000])
def test_a_number_format_that_no_program_has(code: str, analyse: Analyse) -> None:
    book = books.xlsx(books.rows(["a"]) + '<row><c s="0"><v>1</v></c></row>', formats=(code,))
    assert analyse(book, format="XLSX", name="x.xlsx").csv.path.read_text() == "a\n1\n"


@pytest.mark.parametrize("time", [f"P{LONG}D", f"PT{LONG}H", f"PT1H{LONG}M"])
def test_times_of_ods(time: str, analyse: Analyse) -> None:
    cell = books.cell("x", office_value__type="time", office_time__value=time)
    found = analyse(books.ods(books.table("one", books.cell("a"), cell)), format="ODS", name="x.ods")
    assert found.csv.path.read_text() == f"a\n{time}\n"


@pytest.mark.parametrize(
    "name", ["undefined", "idna", "hex", "rot13", "punycode", f"LDID/{LONG}", "1252\0", "x" * 99_999]
)
def test_encodings_of_shapefiles_that_are_none(name: str, analyse: Analyse) -> None:
    parts = maps.shp([None], [("a", "C", 20, 0)], [["x"]])
    assert analyse(maps.layer_zip(parts, cpg=name), format="SHP").csv.path.read_text() == "a,geometry\nx,\n"


@pytest.mark.parametrize("digits", ["1e999999999", "1e-99999999", "sNaN1e5"])
def test_numbers_of_shapefiles(digits: str, analyse: Analyse) -> None:
    parts = maps.shp([None], [("a", "N", 20, 0)], [[1]])
    parts["dbf"] = parts["dbf"].replace(b"1".rjust(20), digits.encode().rjust(20))
    assert analyse(maps.layer_zip(parts), format="SHP").csv.path.read_text() == f"a,geometry\n{digits},\n"


def test_json_is_written_at_any_depth_as_at_none() -> None:
    from ckanext.datapusher_plus.formats import json_stream

    value = [json_stream.Members([("é", [b"1.50", None, True]), ("b", json_stream.Members()), ("b", [])]), "x", []]
    assert json_stream._written_deep(value) == json_stream.written(value)
    assert json.loads(json_stream.written(value)) == [{"é": [1.5, None, True], "b": []}, "x", []]
