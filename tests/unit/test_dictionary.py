"""What people wrote is filled in where there is nothing, and never over anything."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given

from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary, as_json, from_json
from tests.fix_stash import dictionaries, distinct

WRITTEN = Column(name="a", type="text", comment=' {"_info":{"label":"A"}}')
OTHER = replace(WRITTEN, comment=' {"_info":{"label":"Another"}}')
EMPTIED = replace(WRITTEN, comment=' {"_info":{}}')
BARE = replace(WRITTEN, comment=None)


@pytest.mark.parametrize(
    ("here", "older", "expected"),
    [
        (BARE, WRITTEN, WRITTEN.comment),
        (WRITTEN, OTHER, WRITTEN.comment),
        (EMPTIED, WRITTEN, EMPTIED.comment),
        (BARE, replace(WRITTEN, name="b"), None),
    ],
)
def test_older_words_only_fill_what_nobody_wrote_about(here: Column, older: Column, expected: str | None) -> None:
    filled = Dictionary(columns=(here,)).filled_from(Dictionary(columns=(older,)))
    assert [column.comment for column in filled.columns] == [expected]


def test_a_vanished_column_is_found_until_the_table_has_it_again() -> None:
    gone = Dictionary(columns=(BARE,)).with_vanished((OTHER, replace(OTHER, name="b")))
    assert gone.column("a") == BARE
    assert gone.column("b") == replace(OTHER, name="b")
    assert gone.vanished == (replace(OTHER, name="b"),)


@pytest.mark.parametrize("damage", [{"columns": 1}, {"aliases": [3]}, {"columns": [{"name": "a"}]}, {"triggers": [{}]}])
def test_what_is_no_dictionary_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a data dictionary"):
        from_json({**as_json(Dictionary(columns=(WRITTEN,))), **damage})


@given(here=dictionaries, older=dictionaries)
def test_filling_loses_no_comment_and_invents_none(here: Dictionary, older: Dictionary) -> None:
    filled = here.filled_from(older)
    then = {column.name: column.comment for column in older.columns}
    for before, after in zip(here.columns, filled.columns, strict=True):
        assert after == (before if before.comment is not None else replace(before, comment=then.get(before.name)))
    assert replace(filled, columns=here.columns) == here
    assert filled.filled_from(older) == filled
    assert filled.lacks(older) == {}


@given(here=dictionaries, gone=distinct(4))
def test_no_column_is_here_and_vanished(here: Dictionary, gone: tuple[Column, ...]) -> None:
    both = here.with_vanished(gone)
    assert {column.name for column in both.columns}.isdisjoint(column.name for column in both.vanished)
    assert {column.name for column in gone} <= {column.name for column in (*both.columns, *both.vanished)}
    assert both.with_vanished(both.vanished) == both


@given(dictionary=dictionaries)
def test_a_dictionary_as_json_is_the_same_dictionary(dictionary: Dictionary) -> None:
    assert from_json(json.loads(json.dumps(as_json(dictionary)))) == dictionary
