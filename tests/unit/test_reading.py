"""The box *How to read this file*: what it changes, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ckanext.datapusher_plus.core import reading


def test_a_form_that_changes_nothing_saves_nothing() -> None:
    resource = {"dpp_sheet": "Data", "dpp_decimal": "comma", "dpp_day_first": True, "dpp_null_values": ["a", "b"]}
    now = reading.as_set(resource)
    assert (now["dpp_decimal"], now["dpp_day_first"], now["dpp_null_values"]) == (",", "true", "a, b")
    assert reading.changes(now, resource) == {}


def test_only_what_differs_is_saved_and_an_empty_value_clears() -> None:
    form = {"dpp_sheet": "", "dpp_decimal": ".", "dpp_encoding": " utf-8 ", "other": "x"}
    saved = reading.changes(form, {"dpp_sheet": "Data", "dpp_decimal": ",", "dpp_null_values": "x"})
    assert saved == {"dpp_sheet": "", "dpp_decimal": ".", "dpp_encoding": "utf-8"}


WRONG: dict[str, Any] = {
    "dpp_encoding": "klingon",
    "dpp_decimal": ";",
    "dpp_day_first": "perhaps",
    "dpp_simplify": "-1",
    "dpp_full_text": "some",
    "dpp_sheet": "x" * 1001,
    "dpp_null_values": "a\0b",
}


@pytest.mark.parametrize("name", WRONG)
def test_values_that_cannot_be_used_are_named(name: str) -> None:
    assert reading.wrong({"dpp_sheet": "Data", name: WRONG[name]}) == (name,)


def test_values_that_can_be_used() -> None:
    good = {"dpp_encoding": "windows-1252", "dpp_decimal": ",", "dpp_day_first": "false", "dpp_simplify": "0.5"}
    assert reading.wrong({**good, "dpp_full_text": "text", "dpp_sheet": "-1", "dpp_null_values": ""}) == ()
