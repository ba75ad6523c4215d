"""Byte order marks beyond the first are no part of headings and values."""

from __future__ import annotations

import codecs
import csv
import io

import pytest

from tests.fix_file import Analyse, Read, Said


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('\ufeff\ufeff"id",n\n1,2\n', ["id,n", "1,2"]),
        ('"\ufeffid",n\n1,2\n', ["id,n", "1,2"]),
        ('\ufeff"\ufeffid",n\n1,2\n', ["id,n", "1,2"]),
        ("\ufeff\ufeff\ufeffid,n\r\n1,2\r\n", ["id,n", "1,2"]),
        ('ï»¿"id",n\n1,2\n', ["id,n", "1,2"]),
        ("\ufeffï»¿id,n\n1,é\n", ["id,n", "1,é"]),
        ("id,n\n1,2\n\ufeff3,4\n", ["id,n", "1,2", "3,4"]),
        ("id,n\n1,2\n3,\ufeff4\n", ["id,n", "1,2", "3,4"]),
        ('\ufeff"id",n\n1,2\n\ufeff"id",n\n\ufeff"3",4\n', ["id,n", "1,2", "3,4"]),
        ('id,n\r1,2\r\ufeffid,n\r"\ufeff3",4\r', ["id,n", "1,2", "3,4"]),
        ("\ufeffid,n\r\n1,2\ufeffid,n\r\n3,4\ufeffid,n\r\n", ["id,n", "1,2", "3,4"]),
        ("\ufeffn\n1\n\ufeffn\n3\n\ufeffn\n4", ["n", "1", "3", "4"]),
        ("\ufeffn\r\n1\ufeffn\r\n3\r\n", ["n", "1", "3"]),
        ('"a, b"\n1\n\ufeff"a, b"\n3\n', ["a, b", "1", "3"]),
        ('"a\nb",n\n1,2\n\ufeff"a\nb",n\n3,4\n', ["a\nb,n", "1,2", "3,4"]),
        ("sep=;\nid;n\n1;2\n\ufeffsep=;\nid;n\n3;4\n", ["id,n", "1,2", "3,4"]),
        ("id,n\n1,a\ufeffb\n", ["id,n", "1,a\ufeffb"]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_byte_order_marks_at_the_beginning_of_values_are_left_out(
    content: str, rows: list[str], encoding: str, read: Read
) -> None:
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""
    found = read(mark + content.encode(encoding))
    lines = csv.reader(io.StringIO(found.path.read_bytes().decode(), newline=""))
    assert [",".join(line) for line in lines] == rows


def test_joined_files_have_columns_of_numbers(analyse: Analyse, said: Said) -> None:
    part = "\ufeffid;n\r\n" + "".join(f"{number};{number},5\r\n" for number in range(40))
    found = analyse(part.encode() * 3)
    assert (found.rows, [each.decimals for each in found.columns]) == (120, [120, 0])
    assert any("2 byte order marks" in line and "2 copies of the header" in line for line in said.lines)


@pytest.mark.parametrize("content", ["\ufeffid,n\n1,2\n", "id,n\n1,é\n", "id,n\n1,ï»¿\n"])
def test_a_file_without_such_marks_is_not_written_anew(content: str, read: Read, said: Said) -> None:
    assert read(content.encode()).path.name in ("source", "utf8.txt")
    assert not [line for line in said.lines if "byte order mark" in line]
