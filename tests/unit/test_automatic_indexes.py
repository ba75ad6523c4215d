"""Which columns get an index of their own accord, and which are the most important."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ckanext.datapusher_plus.core.automatic_indexes import MOST, Counted, IndexRules, candidates, choose
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.index_plan import Index, TextSearch, automatic_index, plan
from ckanext.datapusher_plus.core.load_plan import LoadRules, load_key
from ckanext.datapusher_plus.core.values import ColumnSpec, ReadOptions

OFF = IndexRules(dates=False)
FEW = IndexRules(dates=False, most_values=10)
NOTHING = ReadOptions()
SEARCH = TextSearch(method="gist", language="english", types=frozenset())


def columns(**types: str) -> list[ColumnSpec]:
    return [ColumnSpec(name=name, type=kind, cast="{0}", comment=None) for name, kind in types.items()]


def dictionary(**marks: Any) -> Dictionary:
    made = (Column(name=n, type="text", comment=" " + json.dumps({"_info": info})) for n, info in marks.items())
    return Dictionary(columns=tuple(made))


def chosen(
    table: Sequence[ColumnSpec], rules: IndexRules, kept: Dictionary | None = None, **values: int
) -> list[tuple[str, bool]]:
    found, _ = choose("t", table, kept, rules, Counted(rows=100, values=values))
    return [(index.columns[0], index.unique) for index in found]


def test_the_number_of_different_values_lies_between_both_thresholds() -> None:
    table = columns(year="numeric", origin="text", ten="text", eleven="text", month="numeric", two="text")
    counted = {"year": 1, "origin": 3, "ten": 10, "eleven": 11, "month": 12, "two": 2}
    assert chosen(table, FEW, None, **counted) == [("origin", False), ("ten", False)]
    assert chosen(table, IndexRules(dates=False, most_values=-1), None, **counted) == [
        (name, False) for name in ("origin", "ten", "eleven", "month")
    ]
    assert chosen(table, OFF, None, **counted) == []


def test_dates_come_before_few_values_and_after_the_dictionary() -> None:
    table = columns(a="text", day="date", at="timestamp", key="text", b="text")
    kept = dictionary(b={"index": True}, key={"unique": "true", "index": False}, a={"index": "no"})
    rules = IndexRules(most_values=5, least_values=0)
    assert chosen(table, rules, kept, a=4) == [
        ("key", True),
        ("b", False),
        ("day", False),
        ("at", False),
        ("a", False),
    ]


def test_a_table_gets_at_most_eight() -> None:
    table = columns(**{f"d{n}": "date" for n in range(11)})
    found, left_out = choose("t", table, None, IndexRules(), Counted(values={}))
    assert (len(found), left_out) == (MOST, 3)


def test_a_unique_index_is_made_only_when_asked_for_and_true() -> None:
    table = columns(id="numeric", name="text")
    assert chosen(table, IndexRules(unique=True), id=100, name=99) == [("id", True)]
    assert chosen(table, IndexRules(), id=100) == []
    assert chosen(table, OFF, dictionary(id={"unique": True, "index": True})) == [("id", True)]


def test_only_columns_are_counted_whose_first_rows_leave_it_open() -> None:
    rows = [[str(n), "x" if n % 2 else "y", str(n)] for n in range(20)] + [["20", "", "1"]]
    table = columns(a="text", b="text", c="text")
    assert candidates(rows, table, FEW) == [1]
    assert candidates(rows, table, IndexRules(unique=True)) == [0]
    assert candidates(rows, table, IndexRules(most_values=-1)) == [0, 1, 2]
    assert candidates(rows, table, OFF) == candidates([], table, FEW) == []


def test_an_automatic_index_is_not_carried_and_not_made_beside_one_that_does_the_same() -> None:
    auto, unique = automatic_index("t", "a"), automatic_index("t", "a", unique=True)
    by_hand = Index(name="mine", unique=False, columns=("a",), body='USING btree ("a")')

    def names(*carried: Index, wanted: Sequence[Index] = ()) -> list[str]:
        return [index.name for index in plan("t", [("a", "text")], SEARCH, carried, wanted).build[1:]]

    assert names(auto) == []
    assert names(auto, wanted=[auto]) == [auto.name]
    assert names(by_hand, wanted=[auto]) == ["mine"]
    assert names(by_hand, auto, wanted=[auto]) == ["mine", auto.name]
    assert names(by_hand, wanted=[unique]) == ["mine", unique.name]
    assert auto.name != unique.name
    assert len(auto.name) < 63


def test_what_is_asked_for_changes_the_load_key_and_nothing_else_does() -> None:
    rules = LoadRules(type_mapping={}, unsafe_prefix="u_", reserved_colnames=frozenset())

    def key(options: ReadOptions = NOTHING, kept: Dictionary | None = None, **more: Any) -> str:
        site = LoadRules(type_mapping={}, unsafe_prefix="u_", reserved_colnames=frozenset(), **more)
        return load_key(file_hash="0", resource_format="", options=options, kept=kept, rules=site)

    same = load_key(file_hash="0", resource_format="", options=NOTHING, kept=None, rules=rules)
    others = [
        key(ReadOptions(dedup=True)),
        key(ReadOptions(preview_rows=3)),
        key(ReadOptions(preview_rows=-3)),
        key(kept=dictionary(a={"index": True})),
        key(kept=dictionary(a={"unique": True})),
        key(indexes=IndexRules(most_values=10)),
        key(alias="{resource}"),
    ]
    assert key(kept=dictionary(a={"label": "A"})) == key() == same
    assert len({same, *others}) == len(others) + 1
