"""Reading a file takes no more than its length asks for, whatever is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core.errors import IngestError, Skipped
from ckanext.datapusher_plus.core.naming import column_names
from ckanext.datapusher_plus.core.values import Source
from ckanext.datapusher_plus.formats.clean_csv.quarantine import shape_of
from ckanext.datapusher_plus.formats.clean_csv.validate import examine
from tests import books
from tests.fix_file import Said
from tests.linear import MOST, growth

#: makes a file of about so many bytes
Made = Callable[[int], bytes]


def many(body: bytes, begin: bytes = b"", end: bytes = b"") -> Made:
    return lambda size: begin + body * (size // len(body)) + end


def numbered(body: bytes, begin: bytes, end: bytes) -> Made:
    return lambda size: begin + b"".join(body % number for number in range(size // len(body))) + end


TEXTS = {
    "comments of a web page": many(b"<!---->", end=b"x,b\n"),
    "openings of comments": many(b"<!--", end=b"x,b\n"),
    "styles of a web page": many(b"<style></style>", end=b"x,b\n"),
    "tags": many(b"<a>", end=b",b\n1,2\n"),
    "digits below a comment": many(b"1", b"# a,b\n", b"x"),
    "blanks below a comment": many(b" ", b"# a,b\n", b"x"),
    "comments": many(b"# a,b\n"),
    "signs of comments": many(b"#\n", end=b"a"),
    "digits": many(b"1", b"a,b\n", b"x,1\n"),
    "blanks": many(b" ", b"a,b\n", b"x,1\n"),
    "blank lines": many(b"\n", end=b"a,b\n1,2\n"),
    "nothing but commas": many(b","),
    "commas": many(b",", b"a,b\n1,2\n"),
    "lines like sep=;": many(b"sep=;\n"),
    "quotes": many(b'"'),
    "quotes below a header": many(b'"', b"a,b\n"),
    "quoted commas": many(b'","', b"a,b\n"),
    "quotes and letters": many(b'"a""b', b"a,b\n"),
    "quotes that do not close": many(b'"x,', b"a,b\n"),
    "doubled quotes": many(b'"x,""y,', b"a,b\n"),
    "quoted lines": many(b'"\n', b"a,b\n"),
    "blanks before quotes": many(b' "', b"a,b\n1,"),
    "CR": many(b"\r", end=b"x"),
    "CR within a row": many(b"\r", b"a,b\n1,2", b"x,3\n"),
    "CR between rows": many(b"\r", b"a,b\n1,2", b"3,4\r5,6\n"),
    "CR behind quotes": many(b"\r", b'a,b\n1,"2"', b"x,3\n"),
    "CR and LF": many(b"\r\n\r\r", b"a,b\n1,2\r3,4\n"),
    "rows that end in CR in one line": many(b"1,2\r", b"a,b\n"),
    "values that end in CR in one line": many(b"1\r", b"a\n"),
    "a long value without a comma": many(b"x", b"a;b\n1,5;2\n3;", b"\n"),
    "byte order marks": many(b"\xef\xbb\xbf", b"a,b\n1,x", b"x\n"),
    "copies of a header": many(b"\xef\xbb\xbfa,b\n", b"a,b\n"),
    "almost copies of a header": many(b"\xef\xbb\xbfa", b"a\xef\xbb\xbfa\xef\xbb\xbfa\xef\xbb\xbfb\n"),
    "letters of Windows": many(b"a", b"a,b\n\xe9,", b"\n"),
    "letters of Windows beyond ASCII": many(b"\xe9a ", b"a,b\n1,"),
    "bytes of no letter": many(b"\xff", b"a,b\n1,"),
    "bytes of half letters": many(b"\xc3(", b"a,b\n\xc3\xa9\xc3\xa9\xc3\xa9,1\n"),
    "NUL": many(b"a\0", b"a,b\n1,"),
    "escapes": many(b"\x1b$B", b"a,b\n1,"),
    "points": many(b".", b"a,b\n1,", b"x\n"),
    "notes": many(b"note\n", b"a,b,c\n1,2,3\n"),
}
DOCUMENTS = {
    "lists": many(b"["),
    "objects": many(b'{"a":'),
    "empty objects": many(b"{},", b"[", b"{}]"),
    "objects with other names": numbered(b'{"k%d":1},', b"[", b"{}]"),
    "lists with names": numbered(b'"k%d":[],', b"{", b'"a":1}'),
    "a long text": many(b"a", b'[{"a":"', b'"}]'),
    "a text without an end": many(b"a", b'[{"a":"'),
    "a long number": many(b"1", b'[{"a":', b"}]"),
    "backslashes": many(b"\\", b'[{"a":"'),
    "halves of letters": many(b"\\ud800", b'[{"a":"', b'"}]'),
    "blanks": many(b" ", b"[{", b'"a":1}]'),
    "blank lines": many(b"\n", b'{"a":1}', b'{"a":2}'),
    "closing braces": many(b"}\n", b"{"),
    "types": many(b'"type"  :', b"[{"),
    "positions": many(b"[1,2],", b'{"type":"LineString","coordinates":[', b"[3,4]]}"),
}
_KML = b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
_POINT = _KML + b"<Placemark><name>x</name><Point><coordinates>"
MAPS = {
    "folders": many(b"<Folder><name>x</name>", _KML),
    "folders with placemarks": many(b"<Folder><name>x</name><Placemark/>", _KML),
    "shapes": many(b"<MultiGeometry>", _KML + b"<Placemark>"),
    "placemarks": many(b"<Placemark/>", _KML, b"</Document></kml>"),
    "blanks in coordinates": many(b" ", _POINT + b"1,2", b"3,4</coordinates></Point></Placemark></Document></kml>"),
    "commas in coordinates": many(b",", _POINT, b"</coordinates></Point></Placemark></Document></kml>"),
    "data": many(b"<Data name='a'>", _KML + b"<Placemark><ExtendedData>"),
}


EMPTY = books.table("x")
COVER = books.table(
    "x", books.cell("This is a long sentence on the data."), books.cell("This is yet another one of these.")
)
BOOKS = {
    "sheets with nothing in them": lambda size: books.ods(*[EMPTY] * (size // 60)),
    "sheets of text": lambda size: books.ods(*[COVER] * (size // 300)),
}


@pytest.fixture
def read(tmp_path: Path, said: Said) -> Callable[[bytes, str], object]:
    def run(content: bytes, format: str) -> object:
        path = tmp_path / "source"
        path.write_bytes(content)
        source = Source(path=path, filename="file", size=len(content), hash="00", content_type=None)
        try:
            found = formats.detect(source, format)
            # what is read in a process of its own is read in this one here
            csv = getattr(found, "read", found.convert)(source, formats.Work(dir=tmp_path, log=said))
            return examine(csv.path, shape_of(csv))
        except (IngestError, Skipped) as error:
            return error

    return run


@pytest.mark.parametrize(
    ("made", "format"),
    [
        *(pytest.param(made, "CSV", id=f"text, {name}") for name, made in TEXTS.items()),
        *(pytest.param(made, "JSON", id=f"JSON, {name}") for name, made in DOCUMENTS.items()),
        *(pytest.param(made, "ODS", id=f"ODS, {name}") for name, made in BOOKS.items()),
        *(pytest.param(made, "KML", id=f"KML, {name}") for name, made in MAPS.items()),
    ],
)
def test_the_cost_of_reading_grows_with_the_file(made: Made, format: str, read) -> None:
    assert growth(lambda content: read(content, format), made, small=1 << 15, patience=2) <= MOST


@pytest.mark.parametrize("heading", ["a", "a_2", "", "é" * 63])
def test_the_cost_of_naming_grows_with_the_columns(heading: str) -> None:
    def named(headings: list[str]) -> object:
        return column_names(headings, unsafe_prefix="unsafe_", reserved=("_id",))

    assert growth(named, lambda size: [heading] * size, small=200) <= MOST
