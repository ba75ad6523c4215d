"""A file is known by its content first, and what is no table of text is called by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core.errors import NothingToLoad, NotText, UnsupportedFormat, WrongEncoding
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.steps import convert as step
from tests.fix_file import Publish, Said

TABLE = b"a,b\n1,2\n"


@pytest.fixture
def convert(publish: Publish, said: Said) -> object:
    def run(content: bytes, **how: str) -> CleanCsv:
        return step.convert(*publish(content, **how), said)

    return run


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\n <!DOCTYPE HTML>\n<html>", "a web page"),
        (b"<!-- moved --><HTML lang='en'>", "a web page"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><html>', "a web page"),
        (b'<?xml version="1.0"?><rows/>', "an XML document"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"a,b\n1,\x00\n", "binary data (there is a NUL byte in line 2)"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(content: bytes, what: str, convert) -> None:
    with pytest.raises(NotText) as error:
        convert(content)
    assert f"The file is {what}" in str(error.value)


@pytest.mark.parametrize(
    ("how", "name"),
    [
        ({"format": "csv"}, "CSV"),
        ({"format": " TSV ", "name": "table.csv"}, "TSV"),
        ({"format": "text/csv", "name": ""}, "CSV"),
        ({"format": "", "name": "table.TAB"}, "TSV"),
        ({"format": "XLS", "name": "table.csv"}, "CSV"),
        ({"format": "", "name": "download", "media_type": "text/tab-separated-values"}, "TSV"),
        ({"format": "", "name": "download", "media_type": "application/octet-stream"}, "CSV"),
    ],
)
def test_a_format_is_found_by_what_is_known(how: dict[str, str], name: str, publish: Publish) -> None:
    ticket, source = publish(TABLE, **how)
    assert formats.detect(source, ticket.format).name == name


@pytest.mark.parametrize("how", [{"format": "DOCX", "name": "x.docx"}, {"format": "", "name": "notes.txt"}])
def test_an_unknown_format_is_refused(how: dict[str, str], publish: Publish) -> None:
    ticket, source = publish(b"just words\n", **how)
    with pytest.raises(UnsupportedFormat, match="CSV, TSV"):
        formats.detect(source, ticket.format)


@pytest.mark.parametrize(
    ("content", "format", "expected"),
    [
        (b"a;b\n1,5;2\n", "CSV", b'a,b\n"1,5",2\n'),
        (b"a\tb\r\n1\t2\r\n", "CSV", b"a,b\r\n1,2\r\n"),
        (b'a|b\n"x|y"|2\n', "CSV", b'a,b\n"x|y",2\n'),
        (b"a\tb\n\n1,5\t\n", "TSV", b'a,b\n\n"1,5",\n'),
        (b'a\tb\n5" pipe\t""\n', "TSV", b'a,b\n"5"" pipe",""\n'),
        (b"a\tb\n1\t2\t3\n", "TSV", b"a,b\n1,2,3\n"),
        (b"a;b\n1;2\n\n", "CSV", b"a,b\n1,2\n\n"),
        (b"a,b\n1;2\n", "CSV", b"a,b\n1;2\n"),
        (b"words; and more\nlone\n", "CSV", b"words; and more\nlone\n"),
    ],
)
def test_separators_become_commas_line_for_line(content: bytes, format: str, expected: bytes, convert) -> None:
    assert convert(content, format=format).path.read_bytes() == expected


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-32", "UTF-32"), ("utf-8", "UTF-8")],
)
def test_marked_encodings_become_utf_8(encoding: str, named: str, convert) -> None:
    found = convert("naïve,b\n売上,€\n".encode(encoding))
    assert (found.header, found.encoding) == (("naïve", "b"), named)
    assert found.path.read_text(encoding="utf-8") == "naïve,b\n売上,€\n"


def test_big_endian_utf_16_is_read_too(convert) -> None:
    assert convert(b"\xfe\xff" + "a,b\n1,é\n".encode("utf-16-be")).path.read_text("utf-8") == "a,b\n1,é\n"


def test_a_canonical_file_is_not_copied(convert, tmp_path: Path) -> None:
    assert convert(TABLE).path == tmp_path / "source"


def test_line_ends_of_old_macs_are_understood(convert) -> None:
    assert convert(b"a,b\r1,2\r").path.read_bytes() == b"a,b\n1,2\n"


@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [
        ("a,b\n1,2\nnaïve,3\n".encode("latin-1"), "UTF-8", 3),
        (b"a,b\n" * 2_000_000 + b"\xff\n", "UTF-8", 2_000_001),
        (b"\xff\xfe" + "a,b\n1,".encode("utf-16-le") + b"\x00\xd8\n\x00", "UTF-16", 2),
        (b"a,b\n1,\xc3", "UTF-8", 2),
    ],
    ids=["latin-1", "far down", "utf-16", "cut off"],
)
def test_letters_that_cannot_be_read_for_certain_are_refused(content: bytes, encoding: str, line: int, convert) -> None:
    with pytest.raises(WrongEncoding, match=f"Line {line:,} is not valid {encoding}"):
        convert(content)


@pytest.mark.parametrize("content", [b"", b"\n\r\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_nothing_to_load(content: bytes, convert) -> None:
    with pytest.raises(NothingToLoad, match="is empty"):
        convert(content)
