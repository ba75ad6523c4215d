"""What people wrote is filled in where there is nothing, and never over anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ckanext.datapusher_plus.core.dictionary import Column, Dictionary, as_json, from_json

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
