"""A resource's fields say how its file is read; what makes no sense is said and ignored."""

from __future__ import annotations

from typing import Any

import pytest

from ckanext.datapusher_plus.core.read_options import NAMES, given, keep, read_options
from ckanext.datapusher_plus.core.values import FullText, ReadOptions

SITE = ReadOptions(sheet="data")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("encoding", " cp1252 ", {"encoding": "cp1252"}),
        ("decimal", "comma", {"decimal": ","}),
        ("decimal", ".", {"decimal": "."}),
        ("sheet", -1, {"sheet": "-1"}),
        ("sheet", "Table  1\n", {"sheet": "Table 1"}),
        ("sheet", "", {}),
        ("sheet", None, {}),
        ("null_values", "NA n/a NA", {"null_values": ("NA", "n/a")}),
        ("null_values", "not known, -", {"null_values": ("not known", "-")}),
        ("null_values", ["NA"], {"null_values": ("NA",)}),
        ("simplify", "2.5", {"simplify": 2.5}),
        ("day_first", "Yes", {"day_first": True}),
        ("day_first", 0, {"day_first": False}),
        ("full_text", " Text", {"full_text": FullText.TEXT}),
    ],
)
def test_a_field_is_understood(field: str, value: Any, expected: dict[str, Any]) -> None:
    given = {"sheet": "data", **expected}
    assert read_options({"dpp_" + field: value}, SITE) == (ReadOptions(**given), ())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("encoding", "klingon"),
        ("encoding", "base64"),
        ("encoding", "unicode_escape"),
        ("decimal", ";"),
        ("null_values", 7),
        ("simplify", "much"),
        ("simplify", "-1"),
        ("simplify", "nan"),
        ("day_first", "perhaps"),
        ("full_text", "some"),
    ],
)
def test_what_makes_no_sense_is_said_and_ignored(field: str, value: Any) -> None:
    options, doubts = read_options({"dpp_" + field: value}, SITE)
    assert options == SITE
    assert f"dpp_{field} was not understood and is ignored: “{value}”" in doubts[0]


STORED = {"dpp_sheet": "Data", "dpp_decimal": ",", "datastore_active": True}


@pytest.mark.parametrize(
    ("sent", "saved"),
    [
        ({"name": "new"}, {"name": "new", "dpp_sheet": "Data", "dpp_decimal": ","}),
        ({"dpp_sheet": ""}, {"dpp_decimal": ","}),
        ({"dpp_sheet": " ", "dpp_decimal": None}, {}),
        ({"dpp_sheet": "Other"}, {"dpp_sheet": "Other", "dpp_decimal": ","}),
        ({"dpp_sheet": 0, "dpp_null_values": []}, {"dpp_sheet": 0, "dpp_decimal": ","}),
        ({"dpp_day_first": False}, {"dpp_day_first": False, "dpp_sheet": "Data", "dpp_decimal": ","}),
    ],
)
def test_a_field_stays_until_it_is_sent_empty(sent: dict[str, Any], saved: dict[str, Any]) -> None:
    keep(sent, STORED)
    assert sent == saved


def test_a_resource_that_is_new_keeps_nothing() -> None:
    sent = {"url": "x"}
    keep(sent, None)
    assert (sent, given(None), given(dict.fromkeys(NAMES, ""))) == ({"url": "x"}, {}, {})
