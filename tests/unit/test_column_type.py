"""A column's type and comment follow from what its values are, and from what a person asked for."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.dictionary.model import Column
from ckanext.datapusher_plus.core.types import column_type, patterns
from ckanext.datapusher_plus.core.types.column_kind import Hints
from ckanext.datapusher_plus.core.types.column_type import TypeRules
from ckanext.datapusher_plus.core.types.notations import COMMAS, DAY_FIRST, MONTH_FIRST, PLAIN, POINTS
from ckanext.datapusher_plus.core.values import ColumnProfile
from ckanext.datapusher_plus.settings import current

MAPPING = current().type_mapping
RULES = TypeRules(mapping=MAPPING)
COUNTS = ("values", "integers", "decimals", "exponents", "dates", "timestamps", "zoned", "blanks")
WHOLE = {"values": 9, "integers": 9, "decimals": 9}


def profile(counts: dict[str, Any] | None = None, *, header: str = "height") -> ColumnProfile:
    filled: dict[str, Any] = {"max_length": 5, **dict.fromkeys(COUNTS, 0), **(counts or {})}
    return ColumnProfile(name="height", header=header, **filled)


def kept(comment: dict[str, Any] | None, name: str = "height") -> Column:
    return Column(name=name, type="text", comment=" " + json.dumps(comment) if comment is not None else None)


def asking(override: str) -> Column:
    return kept({"_info": {"type_override": override}})


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("text", "text"),
        ("timestamp", "timestamp"),
        ("int8", "int8"),
        ("Integer", "int4"),
        ("double precision", "float8"),
        ("boolean", "bool"),
        ("money", "numeric"),
        ("", "numeric"),
    ],
)
def test_a_persons_type_wins_when_files_are_loaded_as_it(override: str, expected: str) -> None:
    assert (
        column_type.spec(profile({"values": 9, "integers": 3, "decimals": 9}), asking(override), RULES).type == expected
    )


@pytest.mark.parametrize(
    ("kind", "mapped", "counts", "expected"),
    [
        ("Integer", "int4", WHOLE, "int4"),
        ("Integer", "int4", {**WHOLE, "max_length": 10}, "numeric"),
        ("Integer", "int4", {**WHOLE, "max_length": 10, "counted": {patterns.SMALL_INTEGER.name: 9}}, "int4"),
        ("Integer", "int4", {**WHOLE, "max_length": 10, "counted": {patterns.SMALL_INTEGER.name: 8}}, "numeric"),
        ("Integer", "bigint", WHOLE, "int8"),
        ("Integer", "smartint", WHOLE, "int4"),
        ("Integer", "smartint", {**WHOLE, "max_length": 18}, "int8"),
        ("Float", "float8", {"values": 9, "decimals": 9}, "float8"),
        ("Float", "float8", {"values": 9, "decimals": 8, "exponents": 1}, "numeric"),
        ("Float", "float8", {"values": 1, "exponents": 1, "counted": {patterns.LENIENT_FLOAT.name: 1}}, "float8"),
        ("String", "numeric", {"values": 9}, "text"),
        ("Date", "timestamp", {"values": 9, "dates": 9}, "timestamp"),
        ("DateTime", "date", {"values": 9, "timestamps": 9}, "text"),
        ("NULL", "numeric", {}, "numeric"),
        ("Boolean", "bool", {"values": 9, "counted": {patterns.TRUTH_WORD.name: 9}}, "bool"),
        ("Boolean", "bool", {"values": 9, "counted": {patterns.TRUTH_WORD.name: 8}}, "text"),
    ],
)
def test_the_mapping_is_followed_where_every_value_is_certain_to_fit(
    kind: str, mapped: str, counts: dict[str, Any], expected: str
) -> None:
    assert column_type.spec(profile(counts), None, TypeRules(mapping={**MAPPING, kind: mapped})).type == expected


def test_an_override_that_may_not_fit_says_what_it_takes() -> None:
    found = column_type.spec(
        profile({"values": 9, "integers": 8}), asking("numeric"), TypeRules(mapping={}, nulls=("NA",))
    )
    assert found.accepts
    assert found.accepts.takes("NA")
    assert not found.accepts.takes("tall")


@pytest.mark.parametrize(
    ("counted", "hints", "taken", "refused"),
    [
        ({DAY_FIRST.date.name: 5, MONTH_FIRST.date.name: 3}, Hints(), "31/12/2020", "12/31/2020"),
        ({DAY_FIRST.date.name: 3, MONTH_FIRST.date.name: 5}, Hints(day_first=True), "12/31/2020", "31/12/2020"),
        ({DAY_FIRST.date.name: 5, MONTH_FIRST.date.name: 5}, Hints(), "12/31/2020", "31/12/2020"),
        ({DAY_FIRST.date.name: 5, MONTH_FIRST.date.name: 5}, Hints(prefer_dmy=True), "31/12/2020", "12/31/2020"),
        ({}, Hints(), "2020-12-31", "31/12/2020"),
    ],
)
def test_an_override_reads_as_most_values_are_written(
    counted: dict[str, int], hints: Hints, taken: str, refused: str
) -> None:
    rules = TypeRules(mapping={}, hints=hints)
    found = column_type.spec(profile({"values": 9, "counted": counted}), asking("date"), rules)
    assert found.accepts
    assert (found.accepts.takes(taken), found.accepts.takes(refused)) == (True, False)


@pytest.mark.parametrize(("hints", "taken"), [(Hints(), False), (Hints(decimal=","), True), (Hints(decimal="."), True)])
def test_an_override_does_not_guess_at_a_factor_of_a_thousand(hints: Hints, taken: bool) -> None:
    counted = {COMMAS.lenient.name: 9, POINTS.lenient.name: 9, PLAIN.lenient.name: 1}
    rules = TypeRules(mapping={}, hints=hints)
    found = column_type.spec(profile({"values": 9, "counted": counted}), asking("numeric"), rules)
    assert found.accepts
    assert found.accepts.takes("1,234") == taken


@pytest.mark.parametrize(("override", "expected"), [("date", "date"), ("money", "text"), ("", "text")])
def test_a_restored_column_has_its_persons_type_or_text(override: str, expected: str) -> None:
    assert column_type.restored_type(asking(override)) == expected


def test_kept_comments_travel_untouched() -> None:
    comment = {"_info": {"label": "Height"}, "other_plugin": {"unit": "m"}}
    assert column_type.spec(profile(header="Height!"), kept(comment), RULES).comment == " " + json.dumps(comment)


@pytest.mark.parametrize(
    ("header", "before", "comment"),
    [
        ("_height", None, ' {"_info":{"label":"_height"}}'),
        ("_height", kept(None), ' {"_info":{"label":"_height"}}'),
        ("_height", kept({"_info": {"notes": "in cm"}}), ' {"_info":{"notes":"in cm","label":"_height"}}'),
        ("_height", kept({"_info": {"label": "Tall"}}), ' {"_info": {"label": "Tall"}}'),
        (" height ", None, None),
        ("", None, None),
    ],
)
def test_a_heading_that_was_changed_becomes_the_label(header: str, before: Column | None, comment: str | None) -> None:
    assert column_type.spec(profile(header=header), before, RULES).comment == comment


@pytest.mark.parametrize("counts", [WHOLE, {"values": 9, "timestamps": 9}, {}])
def test_blanks_cost_a_call_only_where_there_are_any(counts: dict[str, int]) -> None:
    assert "btrim" not in column_type.spec(profile(counts), None, RULES).cast
    blank = column_type.spec(profile({**counts, "blanks": 1}), None, RULES)
    assert ("btrim" in blank.cast) == (blank.type != "text")


@pytest.mark.parametrize("mapping", [{"Float": "money"}, {"Float": "smartint"}])
def test_a_mapping_to_an_unknown_type_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="type_mapping names (money|smartint)"):
        column_type.check_mapping({**MAPPING, **mapping})
    column_type.check_mapping({**MAPPING, "Integer": "smartint", "Float": "double precision"})


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_what_python_writes_as_an_integer_is_one(number: int) -> None:
    assert re.fullmatch(patterns.INTEGER, str(number))
    assert patterns.SMALL_INTEGER.takes(str(number)) == (abs(number) < 2**31)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_as_a_float_is_a_number(number: float) -> None:
    assert re.fullmatch(f"{patterns.DECIMAL}|{patterns.EXPONENT}", repr(number))


@given(st.datetimes())
def test_what_python_writes_as_a_time_is_one(moment: Any) -> None:
    assert re.fullmatch(patterns.LOCAL_TIMESTAMP, moment.isoformat())
    assert re.fullmatch(patterns.DATE, moment.date().isoformat())
