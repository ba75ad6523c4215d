"""What is at a limit is read, and what is one beyond it ends in the sentence that names the limit."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core.errors import (
    Damaged,
    HeadingTooLong,
    IngestError,
    LineTooLong,
    NothingToLoad,
    TooManyMembers,
    UnpacksTooLarge,
)
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.formats import zip_reader
from ckanext.datapusher_plus.formats.clean_csv import records
from tests import books
from tests.fix_documents import ReadDocument
from tests.fix_file import Publish, Read, Said

HEADING = 4_000
KML = '<kml xmlns="http://www.opengis.net/kml/2.2">'


def kml(name: str) -> bytes:
    data = f'<ExtendedData><Data name="{name}"><value>1</value></Data></ExtendedData>'
    return f"{KML}<Placemark>{data}</Placemark></kml>".encode()


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(
    ("format", "made"),
    [
        ("CSV", lambda name: f"a,{name}\n1,2\n".encode()),
        ("TSV", lambda name: f"a\t{name}\n1\t2\n".encode("utf-16")),
        ("CSV", lambda name: f'a,"{name}"\n1,2\n'.encode()),
        ("JSON", lambda name: json.dumps([{"a": 1, name: 2}]).encode()),
        ("KML", kml),
        ("XLSX", lambda name: books.xlsx(books.rows(["a", name], ["1", "2"]))),
        ("ZIP", lambda name: books.zipped({"t.csv": f"a,{name}\n1,2\n"})),
    ],
)
def test_characters_of_a_heading(format: str, made: Callable[[str], bytes], more: int, read: Read) -> None:
    # letters of two bytes count once
    content = made("é" * (HEADING + more))
    if more:
        with pytest.raises(HeadingTooLong, match=r"column \d has 4,001 characters; at most 4,000 can be kept"):
            read(content, format=format, name=f"t.{format.lower()}")
    else:
        assert HEADING in map(len, read(content, format=format, name=f"t.{format.lower()}").header)


@pytest.fixture
def convert(publish: Publish, said: Said) -> Callable[..., CleanCsv]:
    def run(content: bytes, unpacked: int) -> CleanCsv:
        ticket, source = publish(content, format="", name="file")
        work = formats.Work(dir=ticket.work_dir, log=said, limits=formats.Limits(unpacked=unpacked))
        return formats.detect(source, "CSV").convert(source, work)

    return run


@pytest.mark.parametrize("packed", [gzip.compress, lambda table: books.zipped({"t.csv": table})])
def test_bytes_that_are_unpacked(packed: Callable[[bytes], bytes], convert: Any) -> None:
    table = b"a,b\n" + b"1,2\n" * 100_000
    assert convert(packed(table), len(table)).path.stat().st_size == len(table)
    with pytest.raises(UnpacksTooLarge, match=f"more than the {len(table) - 1:,} bytes"):
        convert(packed(table), len(table) - 1)


def archive(files: int, name: str = "{}") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for number in range(files):
            target.writestr(zipfile.ZipInfo(name.format(number)), b"")
    return out.getvalue()


def test_files_in_an_archive(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_reader, "MOST_MEMBERS", 500)
    assert read(archive(500), format="ZIP").rows == 500
    with pytest.raises(TooManyMembers, match="at most 500 can be listed"):
        read(archive(501), format="ZIP")


def test_as_many_files_as_an_archive_may_have(read: Read) -> None:
    assert read(archive(zip_reader.MOST_MEMBERS), format="ZIP").rows == zip_reader.MOST_MEMBERS


def test_bytes_of_an_archives_list(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    content = archive(10, "x" * 1000 + "{}")
    listed = content.rindex(b"PK\x05\x06") - content.index(b"PK\x01\x02")
    monkeypatch.setattr(zip_reader, "MOST_LISTED", listed)
    assert read(content, format="ZIP").rows == 10
    monkeypatch.setattr(zip_reader, "MOST_LISTED", listed - 1)
    with pytest.raises(TooManyMembers, match=f"{listed - 1:,} bytes"):
        read(content, format="ZIP")


def test_an_end_within_the_end_does_not_hide_the_list(read: Read) -> None:
    # the list is said to have as many bytes as the number that stands for the end of an archive
    end = b"PK\x05\x06" + bytes(8) + b"PK\x05\x06" + bytes(6)
    with pytest.raises(TooManyMembers):
        read(b"PK\x03\x04" + bytes(100) + end, format="ZIP")


@pytest.mark.parametrize(("empty", "fits"), [(99, True), (100, False)])
def test_sheets_that_are_looked_at(empty: int, fits: bool, read_document: ReadDocument) -> None:
    sheets = [books.table(f"s{number}") for number in range(empty)]
    content = books.ods(*sheets, books.table("last", books.cell("a"), books.cell("1")))
    if fits:
        assert read_document(content, format="ODS").text == "1\n"
    else:
        with pytest.raises(NothingToLoad, match="no sheet with anything in it among its first 100"):
            read_document(content, format="ODS")
    assert read_document(content, format="ODS", sheet="last").text == "1\n"


@pytest.mark.parametrize(("depth", "fits"), [(97, True), (98, False)])
def test_depth_of_kml(depth: int, fits: bool, read_document: ReadDocument) -> None:
    # the outermost element, a placemark and its name are three more
    document = KML + "<Folder>" * depth + "<Placemark><name>a</name></Placemark>" + "</Folder>" * depth + "</kml>"
    if fits:
        assert read_document(document, format="KML").text == "a,\n"
    else:
        with pytest.raises(Damaged, match="nested too deeply"):
            read_document(document, format="KML")


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_bytes_of_a_line(newline: bytes, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_RECORD", 1 << 20)
    most = (1 << 20) - len(newline) + 1
    found = read(newline.join([b"a,b", b"1," + b"x" * (most - 2), b"1,2", b""]))
    assert found.rows == 2
    with pytest.raises(IngestError) as error:
        read(newline.join([b"a,b", b"1," + b"x" * (most - 1), b"1,2", b""]))
    assert type(error.value) is LineTooLong
    assert str(error.value).startswith("Line 2 has more than 1,048,576 bytes")
