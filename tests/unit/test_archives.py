"""An archive's one table is loaded, many files are listed, and nothing unpacks without end."""

from __future__ import annotations

import csv
import gzip
import io
import struct
import zipfile
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core import how_to_read
from ckanext.datapusher_plus.core.errors import (
    Damaged,
    Locked,
    NestedArchive,
    NoSuchSheet,
    NothingToLoad,
    NotText,
    TooManyMembers,
    UnpacksTooLarge,
)
from ckanext.datapusher_plus.core.values import CleanCsv, ReadOptions
from ckanext.datapusher_plus.formats.archive.listing import COLUMNS
from ckanext.datapusher_plus.steps.convert import convert as step
from tests import books
from tests.books import zipped
from tests.fix_file import Publish, Said

TABLE = b"a,b\n1,2\n"
BOOK = books.xlsx(books.rows(["a", "b"], ["1", "2"]))


@pytest.fixture
def convert(publish: Publish, said: Said) -> Any:
    def run(content: bytes, *, name: str = "file", format: str = "", **options: Any) -> CleanCsv:
        return step(*publish(content, name=name, format=format, options=ReadOptions(**options)), said)

    return run


def locked(content: bytes) -> bytes:
    """Mark the members of an archive as encrypted."""
    return content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")


def shifted(archive: bytes) -> bytes:
    """Return an archive whose end says that its list of members begins later, so that they begin before the file."""
    (listed,) = struct.unpack("<I", archive[-6:-2])
    return archive[:-6] + struct.pack("<I", listed + 100) + archive[-2:]


def nameless(members: dict[str, bytes]) -> bytes:
    """Return an archive of some files and of one whose name is empty."""
    out = io.BytesIO(zipped(members))
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("-")
        info.filename = ""
        with archive.open(info, "w") as member:
            member.write(b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "format", "read_as"),
    [
        (gzip.compress(TABLE), "table.csv.gz", "", "CSV, from GZ"),
        (gzip.compress(TABLE), "table.gz", "CSV", "CSV, from GZ"),
        (gzip.compress(b"a\tb\n1\t2\n"), "table.tsv.GZ", "csv.gz", "TSV, from GZ"),
        (gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n"), "parts.csv.gz", "", "CSV, from GZ"),
        (zipped({"table.csv": TABLE}), "table.zip", "ZIP", "CSV, from ZIP"),
        (zipped({"a/table.tsv": b"a\tb\n1\t2\n", "a/": b""}), "table.zip", "CSV", "CSV with tabs, from ZIP"),
        (zipped({"table.csv": TABLE, "README.txt": "words", "licence.pdf": "%PDF"}), "x", "", "CSV, from ZIP"),
        (
            zipped({"t.csv": TABLE, "__MACOSX/._t.csv": "x", ".DS_Store": "x", "datapackage.json": "{}"}),
            "x",
            "",
            "CSV, from ZIP",
        ),
        (zipped({"book.xlsx": BOOK}), "x", "", "XLSX, sheet “one”, from ZIP"),
        (nameless({"table.csv": TABLE}), "x", "", "CSV, from ZIP"),
    ],
)
def test_the_table_in_an_archive_is_read_by_its_own_format(
    content: bytes, name: str, format: str, read_as: str, convert
) -> None:
    found = convert(content, name=name, format=format)
    assert (found.format, found.path.read_text()) == (read_as, "a,b\n1,2\n")


@pytest.mark.parametrize(
    ("members", "unzip"),
    [
        ({"a.csv": TABLE, "b.csv": TABLE}, True),
        ({"a.csv": TABLE, "b.json": "[]"}, True),
        ({"a.csv": TABLE}, False),
        ({"a.pdf": "%PDF"}, True),
        ({"a.zip": zipped({"b.csv": TABLE}), "b.zip": zipped({"b.csv": TABLE})}, True),
    ],
)
def test_other_archives_become_a_table_of_their_files(members: dict[str, Any], unzip: bool, convert) -> None:
    found = convert(zipped(members), unzip=unzip)
    rows = list(csv.DictReader(io.StringIO(found.path.read_text())))
    assert found.header == COLUMNS
    assert [row["filename"] for row in rows] == list(members)
    assert [int(row["file_size"]) for row in rows] == [len(content) for content in members.values()]


def test_a_table_of_files_has_the_columns_that_datapusher_plus_gave_it(convert) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("=cmd()", (2026, 5, 9, 10, 30, 2)), b"x" * 1000, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("ü/売上\n.bin", (1980, 0, 0, 0, 0, 0)), b"")
    rows = convert(out.getvalue()).path.read_text().splitlines()
    assert rows[0] == (
        "filename,compressed_size,file_size,compression_ratio,date_time,create_system,create_version,"
        "extract_version,flag_bits,internal_attr,external_attr,CRC,compress_type"
    )
    assert rows[1].startswith("'=cmd(),11,1000,1.1,2026-05-09T10:30:02,3,20,20,0,0,")
    assert rows[2].startswith("ü/売上\ufffd.bin,0,0,0,,3,20,20,2048,0,")


SEVERAL = {"data/a.csv": TABLE, "b.csv": b"c;d\n3;4\n", "book.xlsx": BOOK, "README.txt": "words"}


@pytest.mark.parametrize(
    ("sheet", "unzip", "header", "member"),
    [
        ("b.csv", True, ("c", "d"), "b.csv"),
        ("DATA/A.CSV", True, ("a", "b"), "data/a.csv"),
        ("-1", True, ("a", "b"), "book.xlsx"),
        ("b.csv", False, ("c", "d"), "b.csv"),
    ],
)
def test_the_resource_names_a_file_of_the_archive(
    sheet: str, unzip: bool, header: tuple[str, ...], member: str, convert
) -> None:
    found = convert(zipped(SEVERAL), sheet=sheet, unzip=unzip)
    assert (found.header, found.sheet, found.member) == (header, member, member)


def test_a_name_that_no_file_of_the_archive_has_is_an_error(convert) -> None:
    with pytest.raises(NoSuchSheet, match=r"has no “c.csv”. It has “data/a.csv”, “b.csv”, “book.xlsx”\."):
        convert(zipped(SEVERAL), sheet="c.csv")
    # the one table of the next file may be that of another resource
    with pytest.raises(NoSuchSheet, match=r"has no “b.csv”. It has “a.csv”\."):
        convert(zipped({"a.csv": TABLE}), sheet="b.csv")


@pytest.mark.parametrize(
    ("members", "sheet", "read"),
    [
        ({"a.csv": TABLE}, "", ("", "a.csv")),
        ({"a.csv": TABLE}, "a.csv", ("", "a.csv")),
        ({"a.csv": TABLE}, "Data", ("", "a.csv")),
        ({"book.xlsx": BOOK}, "one", ("one", "book.xlsx")),
        ({"book.xlsx": BOOK}, "book.xlsx", ("one", "book.xlsx")),
    ],
)
def test_in_a_single_file_the_resource_names_a_sheet(
    members: dict[str, Any], sheet: str, read: tuple[str, str], convert
) -> None:
    found = convert(zipped(members), sheet=sheet)
    assert (found.read_as.get("sheet", ""), found.read_as["member"]) == read


def test_the_choice_is_told(convert, said: Said) -> None:
    convert(zipped({"a.csv": TABLE, "b.csv": TABLE, "c.pdf": "x"}))
    assert said.lines[:2] == [
        "2 of the archive's files could be loaded, “a.csv”, “b.csv”. " + how_to_read.SHEET,
        "A table of the 3 files in the archive is loaded.",
    ]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (gzip.compress(TABLE * 1000)[:-10], Damaged, "gzip file is damaged"),
        (gzip.compress(TABLE)[:-8] + b"broken!!", Damaged, "gzip file is damaged"),
        (gzip.compress(gzip.compress(TABLE)), NestedArchive, "holds another archive, “file”"),
        (gzip.compress(zipped({"a.csv": TABLE})), NestedArchive, "another archive"),
        (gzip.compress(bytes(257) + b"ustar"), NotText, "a tar archive"),
        (gzip.compress(b""), NothingToLoad, "is empty"),
        (zipped({"a.zip": zipped({"b.csv": TABLE})}), NestedArchive, "holds another archive, “a.zip”"),
        (zipped({"a.csv": zipped({"b.csv": TABLE})}), NestedArchive, "holds another archive, “a.csv”"),
        (zipped({}), NothingToLoad, "an archive without files"),
        (zipped({"word/document.xml": "<x/>", "[Content_Types].xml": "<x/>"}), NotText, "a Word document"),
        (zipped({"a.csv": TABLE})[:-20], Damaged, "ZIP archive is damaged"),
        (
            zipped({"a.csv": TABLE}).replace(crc32(TABLE).to_bytes(4, "little"), bytes(4)),
            Damaged,
            "ZIP archive is damaged",
        ),
        (shifted(zipped({"a.csv": TABLE})), Damaged, "its list of files does not fit"),
        (locked(zipped({"a.csv": TABLE})), Locked, "archive is protected by a password"),
    ],
)
def test_what_cannot_be_unpacked_is_told(content: bytes, error: type[Exception], words: str, convert) -> None:
    with pytest.raises(error, match=words):
        convert(content)


@pytest.mark.parametrize("content", [gzip.compress(bytes(260_000_000), 1), zipped({"a.csv": bytes(260_000_000)})])
def test_little_that_unpacks_to_much_is_refused(content: bytes, convert, tmp_path: Path) -> None:
    with pytest.raises(UnpacksTooLarge, match="more than the 250,000,000 bytes"):
        convert(content)


def test_a_file_that_announces_too_much_is_not_even_unpacked(convert) -> None:
    content = zipped({"a.csv": TABLE})
    announced = content.index(b"PK\x01\x02") + 24
    with pytest.raises(UnpacksTooLarge):
        convert(content[:announced] + (3_000_000_000).to_bytes(4, "little") + content[announced + 4 :])


def test_an_archive_that_lists_too_many_files_is_not_even_read(convert) -> None:
    end = b"PK\x05\x06" + bytes(8) + (300_000_000).to_bytes(4, "little") + bytes(6)
    with pytest.raises(TooManyMembers, match="at most 50,000 can be listed"):
        convert(b"PK\x03\x04" + bytes(100) + end)


@pytest.mark.parametrize(("packed", "most"), [(1, 250_000_000), (10_000_000, 2_000_000_000), (10**10, 20_000_000_000)])
def test_how_much_may_be_unpacked_grows_with_the_file(packed: int, most: int) -> None:
    assert formats.Limits().unpacked_from(packed) == most
