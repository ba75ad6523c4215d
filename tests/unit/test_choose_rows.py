"""Repeated rows are counted and left out on request, and a preview has the first or the last rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core.values import LoadPlan, ReadOptions
from ckanext.datapusher_plus.steps import choose_rows
from ckanext.datapusher_plus.steps.plan import decide
from tests.fix_file import Analyse, Said, ticket

TWICE = b"a,b\n1,x\n2,y\n1,x\n"
TEN = ("a,b\n" + "".join(f"{n},x\n" for n in range(1, 11))).encode()
Choose = Callable[..., LoadPlan]


@pytest.fixture
def choose(analyse: Analyse, said: Said, tmp_path: Path) -> Choose:
    def made(content: bytes, **options: Any) -> LoadPlan:
        plan = decide(ticket(tmp_path), analyse(content), None, live=False, file_hash="", log=said)
        asked = ReadOptions(**options)
        return choose_rows.cut(choose_rows.without_repeats(plan, asked, said), asked, said)

    return made


def content(plan: LoadPlan) -> str:
    return plan.csv.path.read_bytes().decode()


def test_repeats_are_told_and_stay(choose: Choose, said: Said) -> None:
    plan = choose(TWICE)
    assert (plan.rows, plan.fields["dpp_duplicates"], content(plan)) == (3, 1, TWICE.decode())
    assert "Rows that repeat an earlier row: 1. They are in the table too" in said.lines[-1]
    assert "row 3: it repeats row 1" in said.lines[-1]


def test_repeats_are_left_out_on_request_and_the_order_stays(choose: Choose, said: Said) -> None:
    plan = choose(TWICE, dedup=True)
    assert (plan.rows, plan.csv.rows, plan.fields["dpp_duplicates"]) == (2, 2, 1)
    assert content(plan) == "a,b\n1,x\n2,y\n"
    assert "They were left out" in said.lines[-1]


def test_values_stay_as_they_are_written(choose: Choose) -> None:
    rows = [b'"1\r\n2","a ""b"""', b'"",', b'1,"\n"', b"\xc3\xa4,y"]
    plan = choose(b"\r\n".join([b'"a",b', *rows, rows[0], rows[1]]), dedup=True)
    assert content(plan).encode() == b"\r\n".join([b'"a",b', *rows, b""])


def test_nothing_is_told_of_a_table_without_repeats(choose: Choose, said: Said) -> None:
    before = len(said.lines)
    plan = choose(b"a,b\n1,x\n2,x\n", dedup=True)
    assert (plan.rows, plan.fields["dpp_duplicates"]) == (2, 0)
    assert not any("repeat" in line for line in said.lines[before:])


def test_the_site_may_not_want_to_count(choose: Choose, configured: Callable[..., None]) -> None:
    configured(sort_and_dupe_check=False)
    assert choose(TWICE).fields["dpp_duplicates"] is None
    assert choose(TWICE, dedup=True).rows == 2


@pytest.mark.parametrize(
    ("wanted", "rows", "cut"),
    [(3, range(1, 4), True), (-3, range(8, 11), True), (10, range(1, 11), False), (-99, range(1, 11), False)],
)
def test_a_preview_has_the_first_or_the_last_rows(choose: Choose, wanted: int, rows: range, cut: bool) -> None:
    plan = choose(TEN, preview_rows=wanted)
    assert content(plan) == "a,b\n" + "".join(f"{n},x\n" for n in rows)
    told = {"preview": cut, "preview_rows": len(rows), "total_record_count": 10, "dpp_duplicates": 0}
    assert (plan.rows, plan.fields) == (len(rows), told)


def test_without_a_preview_its_fields_are_removed(choose: Choose) -> None:
    assert choose(TEN).fields == {"dpp_duplicates": 0, "preview": None, "preview_rows": None}


def test_a_preview_is_of_the_rows_without_repeats_and_has_types_of_all(choose: Choose) -> None:
    plan = choose(b"a\n1\n1\n2\n3\nx\n", dedup=True, preview_rows=2)
    assert (content(plan), plan.columns[0].type) == ("a\n1\n2\n", "text")
    assert plan.fields["total_record_count"] == 4


def test_previews_of_large_tables(choose: Choose) -> None:
    table = ("a,b\n" + "".join(f"{n},{'x' * 50}\n" for n in range(1, 100_001))).encode()
    last = choose(table, preview_rows=-2)
    assert [line.split(",")[0] for line in content(last).split()] == ["a", "99999", "100000"]
    assert content(choose(table, preview_rows=70_000)).count("\n") == 70_001


def test_what_cannot_be_done_is_a_warning(choose: Choose, said: Said) -> None:
    plan = choose(b"a,b\n1," + b"x" * (40 << 20) + b"\n2,y\n", dedup=True, preview_rows=1)
    assert (plan.rows, plan.fields["dpp_duplicates"], plan.fields["preview"]) == (2, None, False)
    assert "Rows that repeat an earlier row could not be left out." in said.lines
    assert "The table could not be cut to a preview, so it has all rows." in said.lines
