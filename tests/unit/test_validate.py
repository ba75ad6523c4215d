"""Every row is as wide as the header, or the publisher is told the line to look at."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core.errors import BadQuoting, HeadingTooLong, RaggedRow, TooManyColumns
from tests.fix_file import Read, Said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a,b\n1,2\n3\n", "Line 3 has 1 field where the header has 2; 1 of 2 rows cannot be loaded"),
        (b"a,b\n1,2,3\n4\n", "Line 2 has 3 fields where the header has 2; none of 2 rows can be loaded."),
        (b'a,b\n"1\n1",2\n\n3,"4\n",5\n', "Line 5 has 3 fields"),
        (b"a,b\n" + b"1,2\n" * 1_000_000 + b"3\n" * 60_000, "Line 1,000,002 has 1 field"),
        (b"a;b\r\n1;2\r\n3\r\n", "Line 3 has 1 field"),
    ],
    ids=["short", "long", "quoted lines count", "far down", "other separator"],
)
def test_a_ragged_row_is_told_by_its_line(content: bytes, told: str, read: Read) -> None:
    with pytest.raises(RaggedRow) as error:
        read(content)
    assert told in str(error.value)


def test_an_open_quote_is_told_by_its_line(read: Read) -> None:
    with pytest.raises(BadQuoting, match="begins at line 3"):
        read(b'a,b\n1,2\n"3,4\n5,6\n')


@pytest.mark.parametrize(
    ("content", "rows", "stored"),
    [
        (b"a,b\n1,2\n", 1, b"a,b\n1,2\n"),
        (b"a,b\n1,2", 1, b"a,b\n1,2"),
        (b"a,b\n1,2\r", 1, b"a,b\n1,2"),
        (b"a,b\n1,2\n\n\r\n", 1, b"a,b\n1,2"),
        (b"\n\na,b\n\n1,2\n", 1, b"a,b\n1,2"),
        (b"a,b\r\n1,2\n3,4\r\n", 2, b"a,b\r\n1,2\r\n3,4"),
        (b'a,b\n5" x,"""q"""\n', 1, b'a,b\n"5"" x","""q"""\n'),
        (b"a\n1\n\n2\n\n\n", 3, b"a\n1\n\n2"),
        (b"a,b\n,\n1,2\n", 1, b"a,b\n1,2"),
        (b'a,b\n,""\n', 1, b'a,b\n,""\n'),
        (b"a,b\n1,x\ry\n", 1, b'a,b\n1,"x\ry"\n'),
    ],
)
def test_what_copy_would_misread_is_put_in_order(content: bytes, rows: int, stored: bytes, read: Read) -> None:
    found = read(content)
    assert (found.rows, found.path.read_bytes()) == (rows, stored)


def test_blank_lines_among_rows_are_told(read: Read, said: Said) -> None:
    read(b"a,b\n1,2\n\n3,4\n  \n5,6\n\n")
    assert "2 blank lines among the rows were left out: 3, 5." in said.lines


@pytest.mark.parametrize("content", [b"a,b\n", b"a,b", b"a,b\n\n\n", b"a\n\n"])
def test_a_header_alone_is_a_table_without_rows(content: bytes, read: Read) -> None:
    assert read(content).rows == 0


@pytest.mark.parametrize(("columns", "fits"), [(1598, True), (1599, False)])
def test_more_columns_than_a_table_holds_are_refused(columns: int, fits: bool, read: Read) -> None:
    content = b",".join([b"a"] * columns) + b"\n" + b"," * (columns - 1) + b"\n"
    if fits:
        assert len(read(content).header) == columns
    else:
        with pytest.raises(TooManyColumns, match="1,599 columns"):
            read(content)


@pytest.mark.parametrize(("length", "fits"), [(4_000, True), (4_001, False)])
def test_a_heading_may_be_a_long_question(length: int, fits: bool, read: Read) -> None:
    content = b"a," + b"x" * length + b"\n1,2\n"
    if fits:
        assert len(read(content).header[1]) == length
    else:
        with pytest.raises(HeadingTooLong, match="heading of column 2 has 4,001 characters"):
            read(content)


def test_a_huge_value_is_read(read: Read) -> None:
    assert read(b'a,b\n"' + b"x\n" * 5_000_000 + b'",2\n3,4\n').rows == 2
