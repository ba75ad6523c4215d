"""A Data Dictionary as a value: its columns, those that were removed, and its JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given

from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary, as_json, from_json
from tests.fix_stash import dictionaries, distinct

WRITTEN = Column(name="a", type="text", comment=' {"_info":{"label":"A"}}')
OTHER = replace(WRITTEN, comment=' {"_info":{"label":"Another"}}')
BARE = replace(WRITTEN, comment=None)


def test_a_vanished_column_is_found_until_the_table_has_it_again() -> None:
    gone = Dictionary(columns=(BARE,)).with_removed((OTHER, replace(OTHER, name="b")))
    assert gone.column("a") == BARE
    assert gone.column("b") == replace(OTHER, name="b")
    assert gone.removed == (replace(OTHER, name="b"),)


@pytest.mark.parametrize("damage", [{"columns": 1}, {"aliases": [3]}, {"columns": [{"name": "a"}]}, {"triggers": [{}]}])
def test_what_is_no_dictionary_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a data dictionary"):
        from_json({**as_json(Dictionary(columns=(WRITTEN,))), **damage})


@given(here=dictionaries, gone=distinct(4))
def test_no_column_is_here_and_vanished(here: Dictionary, gone: tuple[Column, ...]) -> None:
    both = here.with_removed(gone)
    assert {column.name for column in both.columns}.isdisjoint(column.name for column in both.removed)
    assert {column.name for column in gone} <= {column.name for column in (*both.columns, *both.removed)}
    assert both.with_removed(both.removed) == both


@given(dictionary=dictionaries)
def test_a_dictionary_as_json_is_the_same_dictionary(dictionary: Dictionary) -> None:
    assert from_json(json.loads(json.dumps(as_json(dictionary)))) == dictionary


def test_removed_columns_have_the_key_that_files_on_disk_have() -> None:
    found = as_json(Dictionary(columns=(), removed=(BARE,)))
    assert [column["name"] for column in found["vanished"]] == ["a"]
