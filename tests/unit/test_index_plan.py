"""Indexes have the names that CKAN gives them; those of the old table are kept where their columns are."""

from __future__ import annotations

import hashlib

import pytest

from ckanext.datapusher_plus.core.index_plan import Index, TextSearch, plan, unique_key

RID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
COLUMNS = [("name", "text"), ("n", "numeric")]
NONE, ALL = frozenset[str](), frozenset({"text", "numeric"})
BY_HAND = Index(name="by_hand", unique=False, columns=("n",), body="USING brin (n)")


def ckan_name(expression: str) -> str:
    return hashlib.sha1((RID + expression).encode(), usedforsecurity=False).hexdigest()


def search(types: frozenset[str] = NONE, method: str = "gist", language: str = "english") -> TextSearch:
    return TextSearch(method=method, language=language, types=types)


@pytest.mark.parametrize("method", ["gist", "gin"])
def test_only_the_full_text_is_indexed_unless_the_site_asks_for_more(method: str) -> None:
    (index,) = plan(RID, COLUMNS, search(method=method)).build
    assert (index.name, index.body) == (ckan_name('"_full_text"'), f'USING {method}("_full_text")')


def test_columns_of_the_types_asked_for_get_indexes_of_their_own() -> None:
    _, text, number = plan(RID, COLUMNS, search(ALL, language="o'english")).build
    expressions = ["to_tsvector('o''english', \"name\")", "to_tsvector('o''english', cast(\"n\" AS text))"]
    assert [text.name, number.name] == [ckan_name(expression) for expression in expressions]


def test_a_unique_key_is_named_as_ckan_names_it() -> None:
    assert unique_key(RID, ("a b", 'q"')).name == ckan_name('"a b", "q"""')


def test_indexes_made_by_hand_are_carried_and_those_without_columns_told() -> None:
    gone = Index(name="gone", unique=True, columns=("n", "left"), body="USING btree (n, left)")
    planned = plan(RID, COLUMNS, search(), [BY_HAND, gone])
    assert planned.build[1:] == (BY_HAND,)
    assert planned.lost == (gone,)


@pytest.mark.parametrize(
    "old",
    [
        Index(name=ckan_name('"_full_text"'), unique=False, columns=("_full_text",), body="USING gin (_full_text)"),
        Index(name="xloader's", unique=False, columns=("_full_text",), body="USING gist (_full_text)"),
        Index(name=ckan_name("to_tsvector('english', \"name\")"), unique=False, columns=("name",), body="USING gist"),
    ],
    ids=["other method", "other name", "not wanted any more"],
)
def test_full_text_indexes_of_the_old_table_follow_the_settings(old: Index) -> None:
    planned = plan(RID, COLUMNS, search(), [old])
    assert [index.body for index in planned.build] == ['USING gist("_full_text")']
    assert planned.lost == ()
