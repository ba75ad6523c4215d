"""A file is known by its content first, and what is no table of text is called by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core.errors import NothingToLoad, NotText, UnsupportedFormat
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
        (b"\x00\x01\x02\n", "binary data (it has 1 NUL bytes)"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(content: bytes, what: str, convert) -> None:
    with pytest.raises(NotText) as error:
        convert(content)
    assert f"The file is {what}" in str(error.value)


_2003 = b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (
            b'<?xml version="1.0"?>\r\n<?mso-application progid="Excel.Sheet"?>\r\n' + _2003,
            "an XML spreadsheet of Excel 2003",
        ),
        (b"\xef\xbb\xbf\n" + _2003, "an XML spreadsheet of Excel 2003"),
        (
            ('<?xml version="1.0" encoding="UTF-16"?>\n' + _2003.decode()).encode("utf-16"),
            "an XML spreadsheet of Excel 2003",
        ),
        (b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>', "a web page that Excel has made"),
        (b"<table border=1><tr><td>1</td></tr></table>", "a table of a web page"),
        (b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n', "a web archive"),
    ],
)
@pytest.mark.parametrize("name", ["table.xls", "table.csv"])
def test_a_spreadsheet_under_another_name_is_to_be_saved_anew(name: str, content: bytes, what: str, convert) -> None:
    with pytest.raises(NotText) as error:
        convert(content, name=name, format=name[-3:].upper())
    assert f"The file is {what}" in str(error.value)
    assert "save it as XLSX or CSV" in str(error.value)


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


@pytest.mark.parametrize("how", [{"format": "DOCX", "name": "x.docx"}, {"format": "", "name": "notes.rst"}])
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


def test_a_canonical_file_is_not_copied(convert, tmp_path: Path) -> None:
    assert convert(TABLE).path == tmp_path / "source"


def test_line_ends_of_old_macs_are_understood(convert) -> None:
    assert convert(b"a,b\r1,2\r").path.read_bytes() == b"a,b\n1,2\n"


@pytest.mark.parametrize("content", [b"", b"\n\r\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_nothing_to_load(content: bytes, convert) -> None:
    with pytest.raises(NothingToLoad, match="is empty"):
        convert(content)


@pytest.mark.parametrize(("content", "format"), [(b"{}\n{}\n", "NDJSON"), (b"[{}, {}]", "JSON")])
def test_records_without_columns_are_nothing_to_load(content: bytes, format: str, convert) -> None:
    with pytest.raises(NothingToLoad, match="has no columns"):
        convert(content, format=format)
