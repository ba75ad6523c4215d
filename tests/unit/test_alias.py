"""A template makes a name that PostgreSQL and CKAN accept."""

from __future__ import annotations

from itertools import islice

import pytest
from ckanext.datastore.helpers import is_valid_table_name

from ckanext.datapusher_plus.core.alias import alias, check_template, numbered

ALL = "{resource}-{package}-{org}"


@pytest.mark.parametrize(
    ("template", "resource", "expected"),
    [
        (ALL, "Flights 2013", "Flights 2013-air-city"),
        ("{resource}", "a", "a"),
        ("x_{package}.{org}", "", "x_air.city"),
        (ALL, "", "air-city"),
        (ALL, "Straße", "Straße-air-city"),
        ("{resource}", '__"100 %"\n of\u202e it\0 ', "100 __ of it"),
        ("{resource}", "ä" * 40, "ä" * 31),
        ("{resource}", "0e984725-c51c-4bf4-9960-e1c80e27aba0", ""),
        ("{resource}", "___ ", ""),
    ],
)
def test_a_name_is_made_of_the_parts(template: str, resource: str, expected: str) -> None:
    made = alias(template, resource=resource, package="air", org="city")
    assert made == expected
    assert not made or is_valid_table_name(made)


def test_a_dataset_without_an_organization_leaves_no_hyphen() -> None:
    assert alias(ALL, resource="a--b", package="air", org="") == "a-b-air"


def test_a_number_stays_within_63_bytes() -> None:
    assert list(islice(numbered("a"), 3)) == ["a", "a-002", "a-003"]
    long = list(islice(numbered("ä" * 31), 2))[1]
    assert (long, len(long.encode())) == ("ä" * 29 + "-002", 62)


@pytest.mark.parametrize("wrong", ["{resource", "{}", "{owner}", "{resource.name}", "{org!r}", "{org:9}", "plain"])
def test_anything_else_is_no_template(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be true, false, or a text with some of {resource}, {package}, {org}"):
        check_template(wrong)


def test_templates_and_none_at_all_are_taken() -> None:
    for template in (ALL, "{resource}", "x {org}", ""):
        check_template(template)
