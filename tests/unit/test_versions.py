"""An earlier dictionary beside today's, and what brings it back."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.dictionary.comment import content_of
from ckanext.datapusher_plus.core.dictionary.merge import fill_keys
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.dictionary.versions import Restoration, differences, restoration
from tests.fix_stash import dictionaries

#: two words about one column that nobody's form has written
ZERO, NAUGHTS = (Column(name="gone", type="text", comment=text) for text in ("0", "00"))


def after(now: Dictionary, way: Restoration) -> Dictionary:
    """Return the dictionary once the way back has been gone."""
    columns = tuple(replace(c, comment=way.comments.get(c.name, c.comment)) for c in now.columns)
    return Dictionary(columns=columns).with_removed(way.removed)


def today(found: Dictionary) -> Dictionary:
    """Return a dictionary as a live table has it."""
    return replace(found, removed=()).with_removed(found.removed)


@given(then=dictionaries, now=dictionaries.map(today))
def test_to_fill_in_takes_no_word_away(then: Dictionary, now: Dictionary) -> None:
    done = after(now, restoration(then, now, overwrite=False))
    for name in now.described:
        assert done.described[name] == content_of(fill_keys(_comment(now, name), _comment(then, name)))
    assert then.described.keys() <= done.described.keys()


@given(then=dictionaries.map(today), now=dictionaries.map(today))
def test_to_overwrite_says_of_every_column_what_was_said_then(then: Dictionary, now: Dictionary) -> None:
    done = after(now, restoration(then, now, overwrite=True))
    for column in then.columns:
        if content_of(column.comment) or column in now.columns:
            assert content_of(_comment(done, column.name)) == content_of(column.comment)
    untouched = _names(now) - _names(then)
    assert {name: done.described.get(name) for name in untouched} == {
        name: now.described.get(name) for name in untouched
    }


@given(then=dictionaries.map(today), now=dictionaries.map(today), overwrite=st.booleans())
@example(then=Dictionary(columns=(), removed=(ZERO,)), now=Dictionary(columns=(), removed=(NAUGHTS,)), overwrite=False)
def test_a_way_back_is_gone_once(then: Dictionary, now: Dictionary, overwrite: bool) -> None:
    done = after(now, restoration(then, now, overwrite=overwrite))
    again = restoration(then, done, overwrite=overwrite)
    assert again.comments == {}
    assert again.absent == ()
    assert restoration(now, now, overwrite=overwrite).comments == {}
    assert differences(now, now) == ()


def _comment(found: Dictionary, name: str) -> str | None:
    column = found.column(name)
    return column.comment if column else None


def _names(found: Dictionary) -> set[str]:
    return {column.name for column in (*found.columns, *found.removed)}


def test_a_column_that_the_table_lacks_is_remembered_with_those_that_vanished_before() -> None:
    a, b, c = (Column(name=name, type="text", comment=f"about {name}") for name in "abc")
    way = restoration(Dictionary(columns=(a, b)), Dictionary(columns=(a,), removed=(c,)), overwrite=False)
    assert (way.comments, way.absent, way.removed) == ({}, ("b",), (c, b))
