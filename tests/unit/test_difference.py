"""What a load changes in a table, as a value."""

from __future__ import annotations

import json

import pytest

from ckanext.datapusher_plus.core import difference
from ckanext.datapusher_plus.core.choices import ReviewWhen
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.difference import Difference, KeyedRows, Retyped
from ckanext.datapusher_plus.core.values import ColumnSpec

NEVER, BREAKING, ALWAYS = ReviewWhen


def specs(**types: str) -> tuple[ColumnSpec, ...]:
    return tuple(ColumnSpec(name=name, type=type, cast="{0}", comment=None) for name, type in types.items())


def found(now: dict[str, str], before: dict[str, str], rows: int = 4, was: int | None = 4) -> Difference:
    columns = Dictionary(columns=tuple(Column(name=name, type=type) for name, type in before.items()))
    return difference.difference(
        specs(**now), columns, rows=rows, rows_before=was, overridden=["set"], described=["said", "other"]
    )


def test_columns_are_added_gone_kept_and_retyped() -> None:
    made = found(
        {"new": "text", "k": "text", "n": "numeric", "set": "text"}, {"k": "text", "n": "text", "said": "date"}
    )
    assert (made.added, made.gone, made.kept, made.orphaned) == (("new", "set"), ("said",), 2, ("said",))
    assert made.retyped == (Retyped(name="n", old="text", new="numeric"),)
    assert found({"set": "text"}, {"set": "date"}).retyped[0].by_person


@pytest.mark.parametrize(
    ("made", "breaking"),
    [
        (found({"a": "text"}, {"a": "text"}), False),
        (found({"a": "text", "b": "text"}, {"a": "text"}, rows=2), False),
        (found({"a": "text"}, {"a": "text"}, rows=1), True),
        (found({"a": "text"}, {"a": "text"}, rows=0, was=None), False),
        (found({"a": "text"}, {"a": "text", "b": "text"}), True),
        (found({"a": "date"}, {"a": "text"}), True),
        (found({"set": "text"}, {"set": "date"}), False),
        (difference.first_load(specs(a="text"), 3), False),
    ],
)
def test_what_breaks_waits_if_that_is_wanted(made: Difference, breaking: bool) -> None:
    assert made.is_breaking is breaking
    assert [difference.must_wait(when, made) for when in (NEVER, BREAKING, ALWAYS)] == [False, breaking, True]


def test_nothing_is_left_only_if_there_was_something() -> None:
    assert found({"b": "text"}, {"a": "text"}).nothing_left
    assert not found({"b": "text"}, {}).nothing_left
    assert not found({"a": "text"}, {"a": "text", "b": "text"}).nothing_left


def test_a_load_that_changes_nothing_says_so() -> None:
    assert found({"a": "text"}, {"a": "text"}).is_nothing
    assert not found({"a": "text"}, {"a": "text"}, rows=5).is_nothing
    assert not difference.first_load((), 0).is_nothing


def test_an_answer_is_about_the_columns_that_were_shown() -> None:
    shown = found({"a": "text"}, {"a": "text", "b": "text"})
    assert shown.changes_the_same(found({"a": "text"}, {"a": "text", "b": "text"}, rows=9))
    assert not shown.changes_the_same(found({"a": "text"}, {"a": "text", "b": "text", "c": "text"}))


def test_it_is_kept_as_json() -> None:
    by_key = KeyedRows(key=("id",), added=1, removed=0, changed=2, added_keys=("7",))
    made = Difference(
        rows=3, rows_before=4, added=("n",), gone=("o",), kept=1, retyped=(Retyped(name="a", old="x", new="y"),),
        renamed=(("o", "n"),), offers=(("o", "n"),), orphaned=("o",), by_key=by_key,
    )  # fmt: skip
    assert difference.of_json(json.loads(json.dumps(difference.to_json(made)))) == made
