"""Parquet, Arrow and Feather: every type has a text, and what the file declares of a column is kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from ckanext.datapusher_plus.core.errors import Damaged, Locked, NotWhatItSays, TooManyColumns
from tests.fix_documents import ReadDocument
from tests.fix_file import Said

Write = Callable[[pa.Table], bytes]
WHEN = datetime(2026, 1, 2, 3, 4, 5, 600_000)  # noqa: DTZ001 (a time without a zone)


def parquet(table: pa.Table, **how: Any) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, **how)
    return out.getvalue()


def feather(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pyarrow.feather.write_feather(table, out)
    return out.getvalue()


def stream(table: pa.Table) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    return out.getvalue()


WRITERS = pytest.mark.parametrize("write", [parquet, feather, stream])


@WRITERS
@pytest.mark.parametrize(
    ("values", "declared", "fields"),
    [
        (pa.array([1, None, -(2**63)]), "Integer", ["1", "", "-9223372036854775808"]),
        (pa.array([2**64 - 1], pa.uint64()), "Integer", ["18446744073709551615"]),
        (pa.array([0.1, 1e-7, 1e300]), "Float", ["0.1", "1e-07", "1e+300"]),
        (pa.array([0.1], pa.float32()), "Float", ["0.1"]),
        (pa.array([float("nan"), float("inf"), 1.5]), "Float", ["", "", "1.5"]),
        (pa.array([Decimal("1.10"), Decimal("-0.05")]), "Float", ["1.10", "-0.05"]),
        (pa.array([True, None, False]), "Boolean", ["true", "", "false"]),
        (pa.array([date(2026, 1, 2)]), "Date", ["2026-01-02"]),
        (pa.array([time(1, 2, 3)]), "String", ["01:02:03"]),
        (pa.array([WHEN], pa.timestamp("us")), "DateTime", ["2026-01-02 03:04:05.6"]),
        (pa.array([WHEN], pa.timestamp("ns")), "DateTime", ["2026-01-02 03:04:05.6"]),
        (pa.array([1], pa.timestamp("ns")), "DateTime", ["1970-01-01 00:00:00.000000001"]),
        (
            pa.array([WHEN.replace(tzinfo=timezone.utc)], pa.timestamp("us", tz="Asia/Tokyo")),
            "DateTime",
            ["2026-01-02 03:04:05.6+00"],
        ),
        (pa.array(["", "é\n", "007", None]), "String", ['""', '"é\n"', "007", ""]),
        (pa.array(["a\0b"]), "String", ["a�b"]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), "String", ["x", "y", "x"]),
        (pa.array([b"caf\xc3\xa9", None]), "String", ["café", ""]),
        (pa.array([b"ok", b"\xff\x00"]), "String", ["6f6b", "ff00"]),
        (pa.array([[1, None], []]), "String", ['"[1,null]"', "[]"]),
        (pa.array([{"x": Decimal("1.5"), "y": ["z"]}]), "String", ['"{""x"":1.5,""y"":[""z""]}"']),
        (pa.nulls(1), None, [""]),
    ],
)
def test_every_type_has_a_text_and_a_kind(
    values: pa.Array, declared: str | None, fields: list[str], write: Write, read_document: ReadDocument
) -> None:
    table = pa.table({"v": values, "row": pa.array(range(len(values)))})
    found = read_document(write(table))
    assert found.csv.declared == (declared, "Integer")
    assert found.text == "".join(f"{field},{row}\n" for row, field in enumerate(fields))


@WRITERS
def test_headings_are_kept(write: Write, read_document: ReadDocument) -> None:
    found = read_document(
        write(pa.table({'Größe "m"': [1], "a,b": [{"x": {"y": [1]}, "z": 2}], "": [3], "A": [4], "a": [5]}))
    )
    assert found.csv.header == ('Größe "m"', "a,b", "", "A", "a")
    assert found.csv.path.read_text().splitlines()[0].startswith('"Größe ""m""","a,b",')


@WRITERS
def test_a_column_alone_keeps_its_rows_without_a_value(write: Write, read_document: ReadDocument) -> None:
    assert read_document(write(pa.table({"a": [None, 1, None]}))).text == '""\n1\n""\n'


@WRITERS
def test_numbers_that_are_none_are_told(write: Write, read_document: ReadDocument, said: Said) -> None:
    read_document(write(pa.table({"a": [float("nan"), 1.0], "b": [float("inf"), None]})))
    assert "2 values that are no number" in said.lines[0]


@WRITERS
def test_no_rows_are_a_table_with_its_columns(write: Write, read_document: ReadDocument) -> None:
    found = read_document(write(pa.table({"a": pa.array([], pa.int64())})))
    assert (found.csv.header, found.text) == (("a",), "")


def test_too_many_columns_are_refused(read_document: ReadDocument) -> None:
    with pytest.raises(TooManyColumns, match="2,000"):
        read_document(parquet(pa.table({f"c{n}": [n] for n in range(2000)})))


WHOLE = parquet(pa.table({"a": list(range(10_000))}))
ARROW = feather(pa.table({"a": list(range(100))}))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (WHOLE[:-500], Damaged),
        (WHOLE[:5000] + b"\0" * 5000 + WHOLE[10000:], Damaged),
        (b"PAR1" + b"x" * 100 + b"PAR1", Damaged),
        (b"PARE" + b"x" * 100, Locked),
        (ARROW[:-60], Damaged),
        (b"ARROW1\0\0" + b"x" * 100, Damaged),
        (b"FEA1" + b"x" * 100, Damaged),
        (stream(pa.table({"s": ["abc"]})).replace(b"\0\0\0\0\3\0\0\0", b"\0\0\0\0\xff\xff\xff\x7f"), Damaged),
    ],
)
def test_a_damaged_file_is_called_so(content: bytes, error: type[Exception], read_document: ReadDocument) -> None:
    with pytest.raises(error):
        read_document(content)


def test_text_that_is_only_called_parquet_is_refused(read_document: ReadDocument) -> None:
    with pytest.raises(NotWhatItSays):
        read_document(b"just words\n", format="parquet")
