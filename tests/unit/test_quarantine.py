"""Rows that cannot be loaded are left out, told and kept for their publisher, while they are few."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ckanext.datapusher_plus.core import quarantine
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.errors import IngestError, RaggedRow, ValueDoesNotFit
from ckanext.datapusher_plus.core.quarantine import Share, neutral
from ckanext.datapusher_plus.core.values import LoadPlan
from ckanext.datapusher_plus.steps import plan
from tests import books
from tests.fix_file import Analyse, Publish, Said

Decide = Callable[..., LoadPlan]
SHORT, LONG = "The row has 1 field where the header has 2.", "The row has 3 fields where the header has 2."
NO_NUMBER = "The value is not a number, as the Data Dictionary asks for."
NO_DATE = "The value is not a date, as the Data Dictionary asks for."


@pytest.fixture
def decide(analyse: Analyse, publish: Publish, configured: Callable[..., None], said: Said) -> Decide:
    """Carry out the read side with types asked for in the dictionary, tolerating every second row."""

    def do(content: bytes, limit: float = 50, types: dict[str, str] | None = None, **how: object) -> LoadPlan:
        configured(max_quarantine_pct=limit)
        asked = tuple(
            Column(name=name, type="text", comment=" " + json.dumps({"_info": {"type_override": kind}}))
            for name, kind in (types or {}).items()
        )
        analysed = analyse(content, **how)
        kept = Dictionary(columns=asked)
        return plan.decide(publish(content)[0], analysed, kept, live=False, file_hash="", log=said)

    return do


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def kept(made: LoadPlan) -> list[list[str]]:
    """Return what COPY will see below the header."""
    return rows_of(made.csv.path)[1:]


def left_out(made: LoadPlan) -> list[list[str]]:
    """Return the rejected rows as people download them."""
    assert made.csv.rejected is not None
    header, *rows = rows_of(made.csv.rejected.path)
    assert header == list(quarantine.HEADER)
    return rows


@pytest.mark.parametrize(
    ("content", "rows", "rejected"),
    [
        (b"a,b\n1\n1,2\n", [["1", "2"]], [["2", "", "", SHORT, "1"]]),
        (b"a,b\n1,2\n1,2,3\n", [["1", "2"]], [["3", "", "", LONG, "1,2,3"]]),
        (b"a,b\n1,2\n3", [["1", "2"]], [["3", "", "", SHORT, "3"]]),
        (b"\n\na,b\n\n1,2\n3\n\n", [["1", "2"]], [["6", "", "", SHORT, "3"]]),
        (b'a,b\n"1\n\n1",2\n"x\ny"\n5,6\n', [["1\n\n1", "2"], ["5", "6"]], [["5", "", "", SHORT, '"x\ny"']]),
        (b'"a\na",b\n1,2\n3\n', [["1", "2"]], [["4", "", "", SHORT, "3"]]),
        (b"a;b\r\n1;2\r\n3,5\r\n4;5\r\n", [["1", "2"], ["4", "5"]], [["3", "", "", SHORT, '"3,5"']]),
        (b"a,b\r1,2\r3\r4,5\r", [["1", "2"], ["4", "5"]], [["3", "", "", SHORT, "3"]]),
        ("a,b\n1,ä\nö\n".encode("utf-16"), [["1", "ä"]], [["3", "", "", SHORT, "ö"]]),
    ],
    ids=[
        "first",
        "last",
        "cut off",
        "blank lines",
        "quoted newlines",
        "in the header",
        "semicolons",
        "old Mac",
        "UTF-16",
    ],
)
def test_a_row_of_another_width_is_kept_apart_with_its_line(
    content: bytes, rows: list[list[str]], rejected: list[list[str]], decide: Decide
) -> None:
    made = decide(content)
    assert (kept(made), left_out(made), made.rows) == (rows, rejected, len(rows))


@pytest.mark.parametrize(
    ("content", "rows", "rejected"),
    [
        (b"a,b\nx,\n1,\n2,\n", ["1", "2"], [["2", "a", "x", NO_NUMBER, "x,"]]),
        (b"a,b\n1,\n2,\nx,\n", ["1", "2"], [["4", "a", "x", NO_NUMBER, "x,"]]),
        (b'a,b\n"1\n",\n\n"x\n",\n', ["1\n"], [["5", "a", "x\n", NO_NUMBER, '"x\n",']]),
        (
            b"a,b\n1,2026-01-02\nx,y\n3,\n",
            ["1", "3"],
            [["3", "a", "x", NO_NUMBER, "x,y"], ["3", "b", "y", NO_DATE, ""]],
        ),
        (
            b"a,b\n1,\n2\n3,y\n4,\n5,2026-02-30\n6,\n7,\n",
            ["1", "4", "6", "7"],
            [["3", "", "", SHORT, "2"], ["4", "b", "y", NO_DATE, "3,y"]]
            + [["6", "b", "2026-02-30", NO_DATE, "5,2026-02-30"]],
        ),
    ],
    ids=["first", "last", "quoted newlines", "two in one row", "with others"],
)
def test_a_row_with_a_value_that_does_not_fit_is_kept_apart_too(
    content: bytes, rows: list[str], rejected: list[list[str]], decide: Decide
) -> None:
    made = decide(content, types={"a": "numeric", "b": "date"})
    assert ([row[0] for row in kept(made)], left_out(made)) == (rows, rejected)


def test_rows_of_a_sheet_and_records_are_counted_as_people_count_them(decide: Decide) -> None:
    sheet = books.xlsx(books.rows(["a", "b"], ["1\n2", "1"], [], ["x", "2"], ["y", "z"]))
    assert [row[0] for row in left_out(decide(sheet, types={"b": "numeric"}, name="t.xlsx", format="XLSX"))] == ["5"]
    records = b'[{"a": "1", "b": "1\\n2"}, {"a": "3"}, {"a": "x"}]'
    assert [row[0] for row in left_out(decide(records, types={"a": "int4"}, name="t.json", format="JSON"))] == ["3"]


def test_rows_below_a_preamble_keep_their_line(decide: Decide) -> None:
    made = decide(b"Report of May\n\na,b,c\n" + b"1,2,3\n" * 20 + b"4,5\n6,7,8\n")
    assert [row[0] for row in left_out(made)] == ["24"]


@pytest.mark.parametrize(
    ("rejected", "total", "limit", "allowed"),
    [
        (0, 100, 0, True),
        (1, 100, 0, False),
        (5, 100, 5.0, True),
        (6, 100, 5.0, False),
        (5, 99, 5.0, False),
        (7, 10_000, 0.07, True),
        (8, 10_000, 0.07, False),
        (29, 100, 29, True),
        (1, 1_000_000, 0.0001, True),
        (1, 999_999, 0.0001, False),
        (99, 100, 100, True),
        (100, 100, 100, False),
        (10**12, 2 * 10**13, 5.0, True),
    ],
)
def test_the_limit_is_exact_and_never_all(rejected: int, total: int, limit: float, allowed: bool) -> None:
    assert Share(rejected=rejected, total=total, limit=limit).allowed is allowed


@pytest.mark.parametrize(
    ("content", "limit", "types", "error", "told"),
    [
        (b"a,b\n1,2\n3\n4,5\n", 5.0, {}, RaggedRow, "Line 3 has 1 field where the header has 2; 1 of 3 rows cannot"),
        (b"a,b\n1,2\n3\n4,5\n", 0, {}, RaggedRow, "and none may be left out. Look"),
        (b"a,b\n1,2\n3\n4,5\n", 0, {}, RaggedRow, "how many rows may be left out (max_quarantine_pct)."),
        (b"a,b\n1,2\nx,2\n", 5.5, {"a": "numeric"}, ValueDoesNotFit, "at most 5.5 % may be left out"),
        (
            b"a,b\n1,2\nx,2\n",
            5,
            {"a": "numeric"},
            ValueDoesNotFit,
            "In line 3, column “a” the value “x” is not a number, ",
        ),
        (
            b"a,b\n1,2\n3\nx,5\n4,5\n",
            40,
            {"a": "numeric"},
            RaggedRow,
            "Line 3 has 1 field where the header has 2; 2 of 4",
        ),
        (b"a,b\nx,2\ny,2\n", 100, {"a": "numeric"}, ValueDoesNotFit, "none of 2 rows can be loaded"),
    ],
    ids=["one in three", "0 %", "the setting", "a fraction", "a value", "both kinds", "all"],
)
def test_too_many_end_in_an_error_that_names_the_first(
    content: bytes, limit: float, types: dict[str, str], error: type[IngestError], told: str, decide: Decide
) -> None:
    with pytest.raises(error) as raised:
        decide(content, limit, types)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        ("", ""),
    ],
)
def test_nothing_in_the_file_is_a_formula(text: str, safe: str) -> None:
    assert neutral(text) == safe


def test_values_and_rows_are_made_safe_where_they_stand(decide: Decide) -> None:
    made = decide(b"a,=b\n1,2\n=2,=HYPERLINK()\n@x\n3,4\n5,6\n", types={"=b": "numeric"})
    assert left_out(made) == [
        ["3", "'=b", "'=HYPERLINK()", NO_NUMBER, "'=2,=HYPERLINK()"],
        ["4", "", "", SHORT, "'@x"],
    ]
    assert kept(made) == [["1", "2"], ["3", "4"], ["5", "6"]]


def test_a_file_without_rejected_rows_leaves_no_such_file(decide: Decide) -> None:
    made = decide(b"a,b\n1,2\n\n3,4\n", types={"a": "numeric"})
    assert made.csv.rejected is None
    assert not list(made.csv.path.parent.glob("rejected*"))


def test_the_publisher_is_told_how_many_and_which_is_the_first(decide: Decide, said: Said) -> None:
    made = decide(b"a,b\n1\n2,\n3\nx,\n4,\n5,\n", types={"a": "numeric"})
    assert made.csv.rejected is not None
    assert made.csv.rejected.sentence == "3 of 6 rows were left out; see the rejected rows."
    told = [line for line in said.lines if "left out" in line]
    assert told == [
        "Rows with more or fewer fields than the header, left out: 2. The first is line 2: it has 1, the header 2.",
        "Rows with values that do not fit the types of the Data Dictionary, left out: 1. "
        "The first is line 5: “x” in column “a” is not a number.",
    ]


def test_many_rejected_rows_of_a_large_file_take_no_memory(decide: Decide, tmp_path: Path) -> None:
    content = b"a,b\n" + (b"1," + b"y" * 90 + b"\n") * 200_000 + (b"x," + b"y" * 90 + b"\n") * 50_000
    tracemalloc.start()
    made = decide(content, types={"a": "numeric"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made.csv.rejected is not None
    assert (made.rows, made.csv.rejected.rows) == (200_000, 50_000)
    assert peak < len(content) + 30_000_000


def test_a_refused_file_leaves_a_list_of_all_its_bad_rows(decide: Decide) -> None:
    with pytest.raises(RaggedRow) as raised:
        decide(b"a,b\n" + b"1,2\n" * 133 + b"3\n" * 67, limit=5)
    rejected = raised.value.rejected
    assert rejected is not None
    assert (rejected.rows, rejected.total, rejected.listed) == (67, 200, 67)
    assert rows_of(rejected.path)[1:] == [[str(line), "", "", SHORT, "3"] for line in range(135, 202)]


def test_values_of_the_wrong_type_are_listed_too(decide: Decide) -> None:
    with pytest.raises(ValueDoesNotFit) as raised:
        decide(b"a,b\nx,2\ny,2\n1\n5,6\n7,8\n", limit=40, types={"a": "numeric"})
    assert raised.value.rejected is not None
    assert [row[:3] for row in rows_of(raised.value.rejected.path)[1:]] == [
        ["2", "a", "x"],
        ["3", "a", "y"],
        ["4", "", ""],
    ]


@pytest.mark.parametrize(("value", "listed"), [(b"x", quarantine.LISTED_ROWS), (b"x" * 100_000, 200)])
def test_the_list_of_a_refused_file_is_bounded(value: bytes, listed: int, decide: Decide) -> None:
    with pytest.raises(RaggedRow) as raised:
        decide(b"a,b\n" + (value + b"\n") * (3 * listed), limit=5)
    rejected = raised.value.rejected
    assert rejected is not None
    assert rejected.rows == 3 * listed
    assert rejected.listed is not None
    assert listed <= rejected.listed < 2.5 * listed
    assert len(rows_of(rejected.path)) == rejected.listed + 1


def test_excel_reads_the_list_as_utf_8(decide: Decide) -> None:
    made = decide("a,b\n1,2\nä\n".encode())
    assert made.csv.rejected is not None
    assert made.csv.rejected.path.read_bytes().startswith(b"\xef\xbb\xbfline,")
