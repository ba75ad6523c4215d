"""A column's type follows from all its values, and from what a person asked for."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.datapusher_plus.core import coltypes, lexical
from ckanext.datapusher_plus.core.coltypes import Kind
from ckanext.datapusher_plus.core.dictionary import Column
from ckanext.datapusher_plus.core.values import ColumnProfile

MAPPING = {
    "String": "text",
    "Integer": "numeric",
    "Float": "numeric",
    "DateTime": "timestamp",
    "Date": "date",
    "NULL": "text",
}
COUNTS = ("values", "integers", "decimals", "exponents", "dates", "timestamps", "zoned", "blanks")


def profile(counts: dict[str, int] | None = None, *, header: str = "height") -> ColumnProfile:
    filled: dict[str, Any] = {"max_length": 5, **dict.fromkeys(COUNTS, 0), **(counts or {})}
    return ColumnProfile(name="height", header=header, **filled)


def kept(comment: dict[str, Any] | None, name: str = "height") -> Column:
    return Column(name=name, type="text", comment=" " + json.dumps(comment) if comment is not None else None)


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({}, Kind.NULL),
        ({"values": 9, "integers": 9, "decimals": 9}, Kind.INTEGER),
        ({"values": 9, "integers": 3, "decimals": 9}, Kind.FLOAT),
        ({"values": 9, "decimals": 7, "exponents": 2}, Kind.FLOAT),
        ({"values": 1_000_000, "integers": 999_999, "decimals": 999_999}, Kind.STRING),
        ({"values": 9, "decimals": 8, "dates": 1}, Kind.STRING),
        ({"values": 9, "decimals": 9, "max_length": 1001}, Kind.STRING),
        ({"values": 9, "dates": 9}, Kind.DATE),
        ({"values": 9, "dates": 3, "timestamps": 6}, Kind.DATETIME),
        ({"values": 9, "timestamps": 9, "zoned": 9}, Kind.DATETIME),
        ({"values": 9, "timestamps": 9, "zoned": 8}, Kind.STRING),
        ({"values": 9, "dates": 1, "timestamps": 8, "zoned": 8}, Kind.STRING),
    ],
)
def test_a_kind_is_what_all_values_are(counts: dict[str, int], kind: Kind) -> None:
    assert coltypes.kind_of(profile(counts)) is kind


@pytest.mark.parametrize(
    ("override", "mapping", "expected"),
    [
        ("text", MAPPING, "text"),
        ("timestamp", MAPPING, "timestamp"),
        ("money", MAPPING, "numeric"),
        ("", MAPPING, "numeric"),
        ("int8", MAPPING, "numeric"),
        ("int8", {**MAPPING, "Integer": "int8"}, "int8"),
    ],
)
def test_a_persons_type_wins_when_files_are_loaded_as_it(override: str, mapping: dict[str, str], expected: str) -> None:
    column = kept({"_info": {"type_override": override}})
    found = coltypes.spec(profile({"values": 9, "integers": 3, "decimals": 9}), column, mapping)
    assert found.type == expected


@pytest.mark.parametrize(("override", "expected"), [("date", "date"), ("money", "text"), ("", "text")])
def test_a_restored_column_has_its_persons_type_or_text(override: str, expected: str) -> None:
    assert coltypes.restored_type(kept({"_info": {"type_override": override}}), MAPPING) == expected


def test_kept_comments_travel_untouched() -> None:
    comment = {"_info": {"label": "Height"}, "other_plugin": {"unit": "m"}}
    assert coltypes.spec(profile(header="Height!"), kept(comment), MAPPING).comment == " " + json.dumps(comment)


@pytest.mark.parametrize(
    ("header", "before", "comment"),
    [
        ("_height", None, ' {"_info":{"label":"_height"}}'),
        ("_height", kept(None), ' {"_info":{"label":"_height"}}'),
        (" height ", None, None),
        ("", None, None),
    ],
)
def test_a_heading_that_was_changed_becomes_the_label(header: str, before: Column | None, comment: str | None) -> None:
    assert coltypes.spec(profile(header=header), before, MAPPING).comment == comment


@pytest.mark.parametrize("counts", [{"values": 9, "integers": 9, "decimals": 9}, {"values": 9, "timestamps": 9}, {}])
def test_blanks_cost_a_call_only_where_there_are_any(counts: dict[str, int]) -> None:
    assert "nullif" not in coltypes.spec(profile(counts), None, MAPPING).cast
    blank = coltypes.spec(profile({**counts, "blanks": 1}), None, MAPPING)
    assert ("nullif" in blank.cast) == (blank.type != "text")


def test_a_mapping_to_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="money"):
        coltypes.check_mapping({**MAPPING, "Float": "money"})


@pytest.mark.parametrize(
    "value", ["007", "+5", "1234567890123456789", "1,000", "12E4", "0x1F", "1_000", "NaN", "1.", "--1"]
)
def test_codes_are_no_numbers(value: str) -> None:
    patterns = (lexical.INTEGER, lexical.DECIMAL, lexical.EXPONENT)
    assert not any(re.fullmatch(pattern, value) for pattern in patterns)


@pytest.mark.parametrize("value", ["1/2/2020", "2020-1-2", "20200102", "2020-13-01", "0000-01-01", "2020-01-02T24:00"])
def test_only_iso_dates_are_dates(value: str) -> None:
    patterns = (lexical.DATE, lexical.LOCAL_TIMESTAMP, lexical.ZONED_TIMESTAMP)
    assert not any(re.fullmatch(pattern, value) for pattern in patterns)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_what_python_writes_as_an_integer_is_one(number: int) -> None:
    assert re.fullmatch(lexical.INTEGER, str(number))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_as_a_float_is_a_number(number: float) -> None:
    assert re.fullmatch(f"{lexical.DECIMAL}|{lexical.EXPONENT}", repr(number))


@given(st.datetimes())
def test_what_python_writes_as_a_time_is_one(moment: Any) -> None:
    assert re.fullmatch(lexical.LOCAL_TIMESTAMP, moment.isoformat())
    assert re.fullmatch(lexical.DATE, moment.date().isoformat())
