"""A new column is told from its likely old name by name, place and type; a wrong guess is worse than none."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core.dictionary import Column, Dictionary
from ckanext.datapusher_plus.core.renames import Rename, likely_renames
from ckanext.datapusher_plus.core.values import ColumnSpec

LABEL = ' {"_info":{"label":"Height in cm"}}'


def table(*columns: str, vanished: tuple[str, ...] = ()) -> Dictionary:
    """Make a dictionary of names with types, as ``height:numeric``; all columns are described."""
    return Dictionary(columns=tuple(map(column, columns)), vanished=tuple(map(column, vanished)))


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
        (table("id", vanished=("height",)), file("id", "Height_"), [("height", "Height_")]),
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
    assert likely_renames(nobody, file("height")) == (Rename(old="heigth", new="height", described=False),)


def test_a_table_of_all_new_columns_takes_no_time() -> None:
    before, now = table(*(f"a{n}" for n in range(1598))), file(*(f"b{n}" for n in range(1598)))
    assert len(likely_renames(before, now)) <= 100
