"""Column names are the publisher's headings wherever CKAN and PostgreSQL take them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.naming import MAX_BYTES, SYSTEM_COLUMNS, column_names, renamed


def names(*headers: str) -> tuple[str, ...]:
    return column_names(headers, unsafe_prefix="unsafe_", reserved={"_id", "rank", "query"})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (("rank", "x"), ("reserved_rank", "x")),
        (("Rank", "QUERY"), ("reserved_Rank", "reserved_QUERY")),
        (("rank x", "x", "query x"), ("reserved_rank x", "x", "reserved_query x")),
        (("rank x", "query y"), ("rank x", "query y")),
        (("rank", "reserved_rank"), ("reserved_rank", "reserved_rank_2")),
        (("rank reserved_rank", "rank"), ("reserved_rank reserved_rank", "reserved_rank")),
        (("ranking", "queries"), ("ranking", "queries")),
    ],
)
def test_names_of_ckans_search_are_reserved(headers: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert names(*headers) == expected


@pytest.mark.parametrize(
    "header", ["year", "Größe (m²)", "売上 2020", "2020", "price; drop table x --", "a.b:c%d", "مساحة", "naïve", "x'y"]
)
def test_a_heading_in_any_script_stays_as_it_is(header: str) -> None:
    assert names(header) == (header,)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("", "unsafe_"),
        ("  \t ", "unsafe_"),
        ("_secret", "unsafe__secret"),
        ("_id", "reserved__id"),
        ("_ID", "reserved__ID"),
        ("ctid", "reserved_ctid"),
        (' "quoted" ', "quoted"),
        ('5" pipe', "5_ pipe"),
        ("two\r\nlines", "two lines"),
        ("from :start", "from _start"),
        ("a\\:b", "a_:b"),
        ("time: UTC", "time: UTC"),
        ("City, State", "City_ State"),
        ("\u202eright to left\u202c", "right to left"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("e\u0301te\u0301", "été"),
        ("\u00a0padded\u00a0", "padded"),
    ],
)
def test_what_ckan_refuses_is_put_right(header: str, name: str) -> None:
    assert names(header) == (name,)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (("a", "a", "a"), ("a", "a_2", "a_3")),
        (("a", "a", "a_2"), ("a", "a_3", "a_2")),
        (("", "", "x"), ("unsafe_", "unsafe__2", "x")),
        (("a", "A"), ("a", "A")),
        ((" a :", "a :"), ("a _", "a __2")),
        (("é" * 40, "é" * 41), ("é" * 31, "é" * 30 + "_2")),
    ],
)
def test_names_are_told_apart_by_numbers(headers: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert names(*headers) == expected


@pytest.mark.parametrize("prefix", ["", "_", '"', " x"])
def test_a_prefix_that_ckan_would_refuse_is_not_used(prefix: str) -> None:
    assert column_names([""], unsafe_prefix=prefix, reserved=()) == ("unsafe_",)


def test_only_changed_headings_are_told() -> None:
    assert renamed(("a", "_b"), ("a", "unsafe__b")) == [("_b", "unsafe__b")]


@given(st.lists(st.text(max_size=80) | st.sampled_from(["_id", "a", "a_2", "é" * 70, "xmin", '"']), max_size=12))
def test_every_name_is_unique_and_taken_by_ckan(headers: list[str]) -> None:
    found = names(*headers)
    assert len(set(found)) == len(headers)
    for name in found:
        assert name
        assert name == name.strip()
        assert not name.startswith("_")
        assert '"' not in name
        assert not any(unicodedata.category(char).startswith("C") for char in name)
        assert len(name.encode("utf-8")) <= MAX_BYTES
        assert name.lower() not in SYSTEM_COLUMNS | {"_id"}


@given(st.lists(st.text(max_size=20) | st.text(alphabet='a:\\", _é', max_size=70), max_size=8))
def test_names_are_names_already(headers: list[str]) -> None:
    found = names(*headers)
    assert names(*found) == found
