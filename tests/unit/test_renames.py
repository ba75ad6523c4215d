"""A new column is told from its likely old name by name, place and type; a wrong guess is worse than none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ckanext.datapusher_plus.core.dictionary.comment import parse_comment
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.dictionary.renames import Rename, carried, likely_renames, waiting
from ckanext.datapusher_plus.core.values import ColumnSpec

LABEL = ' {"_info":{"label":"Height in cm"}}'


def table(*columns: str, removed: tuple[str, ...] = ()) -> Dictionary:
    """Make a dictionary of names with types, as ``height:numeric``; all columns are described."""
    return Dictionary(columns=tuple(map(column, columns)), removed=tuple(map(column, removed)))


def column(told: str) -> Column:
    name, _, pg_type = told.partition(":")
    return Column(name=name, type=pg_type or "text", comment=LABEL)


def file(*columns: str) -> list[ColumnSpec]:
    told = (column.partition(":") for column in columns)
    return [ColumnSpec(name=name, type=pg_type or "text", cast="{0}", comment=None) for name, _, pg_type in told]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (table("id", "Heigth"), file("id", "Height"), [("Heigth", "Height")]),
        (table("id", "birth_date:date"), file("id", "Birth Date:text"), [("birth_date", "Birth Date")]),
        (table("id", "Größe"), file("Grosse", "id"), [("Größe", "Grosse")]),
        (table("pop_2019", "pop_2020"), file("pop_2020", "pop_2021"), []),
        (table("first_name", "last_name"), file("Last name", "First name"), "by name"),
        (table("x", "v1:numeric"), file("x", "temperature:numeric"), [("v1", "temperature")]),
        (table("x", "v1:numeric"), file("x", "temperature"), []),
        (table("x", "v1:numeric", "y"), file("x", "y", "temperature:numeric"), []),
        (table("x", "v1", "v2"), file("x", "city", "country"), []),
        (table("id", removed=("height",)), file("id", "Height_"), [("height", "Height_")]),
        (table("id"), file("id", "height"), []),
        (table("id", "height"), file("id"), []),
        (table("id", "height"), file("id", "height"), []),
    ],
)
def test_likely_old_names(before: Dictionary, now: list[ColumnSpec], expected: object) -> None:
    if expected == "by name":
        expected = [("last_name", "Last name"), ("first_name", "First name")]
    assert [(rename.old, rename.new) for rename in likely_renames(before, now)] == expected


def test_whether_somebody_described_the_old_one_is_told() -> None:
    nobody = Dictionary(columns=(Column(name="heigth", type="text"),))
    assert likely_renames(nobody, file("height")) == (Rename(old="heigth", new="height"),)


def test_a_table_of_all_new_columns_takes_no_time() -> None:
    before, now = table(*(f"a{n}" for n in range(1598))), file(*(f"b{n}" for n in range(1598)))
    assert len(likely_renames(before, now)) <= 100


def is_heading(label: str, name: str) -> bool:
    return label.strip("_") == name


def described(name: str, **info: str) -> Column:
    return Column(name=name, type="text", comment=" " + json.dumps({"_info": info}, separators=(",", ":")))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"label": "Height in cm"}, {}, {"label": "Height in cm"}),
        ({"label": "Height in cm"}, {"label": "_height_"}, {"label": "Height in cm"}),
        ({"notes": "of adults"}, {"label": "_height_"}, {"notes": "of adults", "label": "_height_"}),
        ({"label": "heigth_", "notes": "x"}, {"label": "_height_"}, {"label": "_height_", "notes": "x"}),
        ({"label": "Old", "notes": "x"}, {"label": "Mine"}, {"label": "Mine", "notes": "x"}),
        ({"label": "Old"}, {"label": "Mine"}, None),
    ],
)
def test_words_are_carried_where_nothing_is_said(
    old: dict[str, str], new: dict[str, str], expected: dict[str, str] | None
) -> None:
    now = Dictionary(columns=(described("height", **new),), removed=(described("heigth", **old),))
    found = carried(now, "heigth", "height", is_heading)
    assert {name: parse_comment(comment)["_info"] for name, comment in found.items()} == (
        {"height": expected} if expected else {}
    )


@pytest.mark.parametrize(("old", "new"), [("heigth", "width"), ("width", "height"), ("height", "height")])
def test_only_a_described_column_that_is_gone_is_carried(old: str, new: str) -> None:
    now = Dictionary(columns=(described("height"),), removed=(described("heigth", label="x"), described("width")))
    with pytest.raises(ValueError, match="The table has no column|Nothing is kept of a column"):
        carried(now, old, new, is_heading)


@pytest.mark.parametrize(
    ("columns", "removed", "expected"),
    [
        (["id", "height"], ["heigth"], (("heigth", "height"),)),
        (["id", "height"], ["colour"], ()),
        (["temperature"], ["v1"], (("v1", "temperature"),)),
    ],
)
def test_probable_pairs_wait_to_be_carried(
    columns: list[str], removed: list[str], expected: tuple[tuple[str, str], ...]
) -> None:
    now = Dictionary(
        columns=tuple(map(described, columns)), removed=tuple(described(name, label="x") for name in removed)
    )
    assert waiting(now, is_heading) == expected
    told = replace(now, columns=tuple(described(name, notes="said") for name in columns))
    assert waiting(told, is_heading) == ()
