"""Records are read as RFC 4180 has them in pieces of any size, and the quick way agrees with the slow one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.errors import BadQuoting
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.formats.clean_csv.quarantine import Job, sift
from ckanext.datapusher_plus.formats.clean_csv.records import Dialect, Piece, RowShape, plain, records
from ckanext.datapusher_plus.formats.clean_csv.validate import Block, examine, joined, walk

TEXT = st.text(alphabet=st.sampled_from('ab",;\t\n\r é\\.'), max_size=6)
TABLE = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), min_size=1))
AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def read(data: bytes, separator: bytes = b",") -> list[list[str]]:
    return [
        [plain(v) for v in record.values]
        for record in records(Piece(data, 1, final=True), Dialect(separator=separator))
    ]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b'a,"b,c"\n', [["a", "b,c"]]),
        (b'"a\nb",c\r\nd,e', [["a\nb", "c"], ["d", "e"]]),
        (b'"say ""hi""",x\n', [['say "hi"', "x"]]),
        (b'5" pipe,6\n', [['5" pipe', "6"]]),
        (b'a, "b"\n', [["a", ' "b"']]),
        (b"a,\n,b", [["a", ""], ["", "b"]]),
        (b"a,b,", [["a", "b", ""]]),
        (b"a\rb,c\n", [["a\rb", "c"]]),
        (b'\n""\n', [[""], [""]]),
    ],
)
def test_values_are_what_the_publisher_meant(data: bytes, rows: list[list[str]]) -> None:
    assert read(data) == rows


@pytest.mark.parametrize(
    ("data", "line"), [(b'a,b\n1,"2\n3\n', 2), (b'a\n"x\ny"z\n', 2), (b'"a" x,b\n', 1), (b'a,"b\n\n",c\n"d""\n', 4)]
)
def test_a_quoted_value_that_goes_wrong_is_found(data: bytes, line: int) -> None:
    with pytest.raises(BadQuoting) as error:
        read(data)
    assert f"line {line} " in str(error.value)


@AGAIN
@given(table=TABLE, separator=st.sampled_from(",;\t"), newline=st.sampled_from(["\n", "\r\n"]), size=st.integers(1, 40))
def test_any_table_is_read_back_in_pieces_of_any_size(
    table: list[list[str]], separator: str, newline: str, size: int, tmp_path: Path
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(table)
    path = tmp_path / "table"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    shape = RowShape(len(table[0]), separator.encode(), newline.encode())
    found = b"".join(i.data if isinstance(i, Block) else b"" for i in walk(path, shape, size=size))
    singles = [i for i in walk(path, shape, size=size) if not isinstance(i, Block)]
    assert [*read(found, shape.separator), *([plain(v) for v in r.values] for r in singles)] == table


@AGAIN
@given(data=st.lists(TEXT, min_size=1, max_size=30).map("".join), width=st.integers(1, 3))
def test_the_quick_way_agrees_with_the_slow_one(data: str, width: int, tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_text(data, encoding="utf-8", newline="")
    shape = RowShape(width, b",", b"\n")
    try:
        slow = read(data.encode("utf-8").rstrip(b"\r\n"))
    except BadQuoting:
        with pytest.raises(BadQuoting):
            examine(path, shape)
        return
    assert examine(path, shape).rows == sum(len(values) == width for values in slow) - 1


@AGAIN
@given(table=TABLE, newline=st.sampled_from([b"\n", b"\r\n"]), blank=st.integers(0, 3))
def test_putting_in_order_changes_no_value(table: list[list[str]], newline: bytes, blank: int, tmp_path: Path) -> None:
    shape = RowShape(len(table[0]), b",", newline)
    lines = [(newline * blank if shape.width > 1 else b"") + written(row) + b"\r\n" for row in table]
    source, target = tmp_path / "table", tmp_path / "orderly"
    source.write_bytes(b"".join(lines) + b'"last' + b'"' + b',""' * (shape.width - 1) + b"\n\n")
    converted = CleanCsv(path=source, header=tuple(table[0]), format="CSV", encoding="UTF-8")
    assert sift(Job(csv=converted, shape=shape), target, tmp_path / "rejected").rejected == 0
    assert read(target.read_bytes()) == [*table, ["last", *[""] * (shape.width - 1)]]
    assert examine(target, shape).tidy


def written(row: list[str]) -> bytes:
    """Write a row with quotes only where they are needed, as most programs do."""
    out = io.StringIO(newline="")
    csv.writer(out).writerow(row)
    return out.getvalue().encode("utf-8").removesuffix(b"\r\n")


@pytest.mark.parametrize(("value", "tidy"), [(b"\\.", False), (b'"\\."', True), (b"x\\.", True), (b"\\. ", True)])
def test_a_lone_end_of_copy_mark_is_quoted(value: bytes, tidy: bool, tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(b"a\n" + value + b"\nb\n")
    assert examine(path, RowShape(1, b",", b"\n")).tidy is tidy
    assert [joined(r, b"\n") for r in records(Piece(b"\\.\n", 1, final=True), Dialect(separator=b","))] == [b'"\\."\n']
