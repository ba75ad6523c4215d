"""What a table gets of its own accord in the database: only some rows, indexes, a second name."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ckanext.datapusher_plus.core.errors import UniqueKeyBroken
from ckanext.datapusher_plus.core.values import ReadOptions, Strategy
from ckanext.datapusher_plus.recovery.aliases import give_alias
from ckanext.datapusher_plus.recovery.remove_table import withdraw
from tests.fix_file import Said
from tests.fix_tables import Portal, Table
from tests.loads import Loader

Configured = Callable[..., None]
#: columns with 1, 2, 3, 10 and 11 different values, and one of days
FEW = "one,two,three,ten,eleven,day\n" + "".join(
    f"1,{n % 2},{n % 3},{n % 10},{n % 11},2026-01-{1 + n % 28:02}\n" for n in range(330)
)
ODD = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=4000))


def indexes(table: Table) -> dict[str, bool]:
    """Return the columns of the automatic indexes, and whether they are unique."""
    return {index.columns[0]: index.unique for index in table.facts.indexes if index.automatic}


def asked(table: Table, **marks: Any) -> None:
    for name, info in marks.items():
        fields = [{"id": name, "info": info}]
        table.act("datastore_create", resource_id=table.resource_id, force=True, fields=fields)


@pytest.mark.parametrize("strategy", Strategy)
def test_repeats_are_left_out_of_the_table(table: Table, loader: Loader, strategy: Strategy) -> None:
    plan = loader.plan(b"a,b\n1,x\n2,y\n1,x\n", strategy, options=ReadOptions(dedup=True))
    assert loader.write(plan).rows == 2
    assert table.run("SELECT _id, a, b FROM {table} ORDER BY _id") == [(1, 1, "x"), (2, 2, "y")]
    assert table.search()["total"] == 2


def test_a_preview_of_the_last_rows_is_numbered_from_1(table: Table, loader: Loader) -> None:
    content = "a\n" + "".join(f"{n}\n" for n in range(1, 11))
    loader.write(loader.plan(content.encode(), options=ReadOptions(preview_rows=-3)))
    assert table.run("SELECT _id, a FROM {table} ORDER BY _id") == [(1, 8), (2, 9), (3, 10)]


@pytest.mark.parametrize("options", [ReadOptions(dedup=True), ReadOptions(preview_rows=100_000)])
def test_a_growing_file_is_loaded_whole(table: Table, loader: Loader, options: ReadOptions) -> None:
    beginning = "a,b\n" + "".join(f"{n},{'x' * 1000}\n" for n in range(5000))
    more = beginning + "".join(f"{n},y\n" for n in range(5000, 5100))
    loader.load(beginning.encode())
    plan = loader.plan(more.encode(), options=options)
    assert plan.append_range is None
    loader.write(plan)
    assert loader.plan((more + "9,z\n").encode()).append_range is None


@pytest.mark.parametrize("strategy", Strategy)
def test_indexes_by_number_of_values_and_on_days(
    table: Table, loader: Loader, configured: Configured, strategy: Strategy
) -> None:
    configured(auto_index_threshold=10)
    loader.load(FEW.encode(), strategy)
    assert indexes(table) == {"three": False, "ten": False, "day": False}
    loader.load(FEW.encode(), strategy)
    assert len(indexes(table)) == len([index for index in table.facts.indexes if index.automatic]) == 3
    configured(auto_index_threshold=0, auto_index_dates=False)
    loader.load(FEW.encode(), strategy)
    assert indexes(table) == {}
    assert not table.ours


def test_an_index_that_is_impossible_is_a_warning_and_others_are_there(
    table: Table, loader: Loader, configured: Configured, said: Said
) -> None:
    configured(auto_index_threshold=10)
    rows = "".join(f"{n % 3},{ODD if n == 5 else n % 3},2026-01-02\n" for n in range(30))
    loader.load(f"a,text,day\n{rows}".encode())
    assert indexes(table) == {"a": False, "day": False}
    assert [line for line in said.lines if line.startswith("The index on “text” was not made: index row size")]
    assert sum("The index on “text”" in line for line in said.lines) == 1


def test_the_dictionary_asks_for_indexes_and_unique_ones(table: Table, loader: Loader, said: Said) -> None:
    content = b"a,b,c\n1,x,k\n2,x,l\n"
    loader.load(content)
    asked(table, a={"unique": True}, b={"index": True, "label": "B"})
    loader.load(content)
    assert indexes(table) == {"a": True, "b": False}
    assert table.facts.dictionary.unique_keys == ()
    loader.load(b"a,b,c\n1,x,k\n2,x,l\n1,y,m\n")
    assert indexes(table) == {"b": False}
    assert "“a” was to be unique, but “1” appears more than once (row 3 repeats row 1)" in str(said.lines)


def test_an_index_made_by_hand_serves_too(table: Table, loader: Loader, configured: Configured) -> None:
    configured(auto_index_dates=False)
    loader.load(FEW.encode())
    table.run("CREATE INDEX mine ON {table} (day)")
    configured(auto_index_dates=True)
    loader.load(FEW.encode())
    assert indexes(table) == {}
    assert "mine" in {index.name for index in table.facts.indexes}


def test_unique_columns_get_unique_indexes_only_when_the_site_asks(
    table: Table, loader: Loader, configured: Configured
) -> None:
    loader.load(b"id,b\n1,x\n2,x\n")
    assert indexes(table) == {}
    configured(auto_unique_index=True)
    loader.load(b"id,b\n1,x\n2,x\n3,\n")
    assert indexes(table) == {"id": True}


def test_a_broken_key_names_both_rows(table: Table, loader: Loader) -> None:
    loader.load(b"a\n1\n")
    table.act("datastore_create", resource_id=table.resource_id, force=True, primary_key=["a"])
    rows = "".join(f"{n}\n" for n in (1, 2, 3, 4, 5, 6, 3))
    with pytest.raises(UniqueKeyBroken, match=r"“3” appears more than once \(row 7 repeats row 3\)"):
        loader.load(f"a\n{rows}".encode())


@pytest.fixture
def named(portal: Portal, table: Table, configured: Configured) -> Iterator[Callable[[str], None]]:
    """Renames the resource, and gives its table a name, as each publication does."""
    configured(auto_alias="{resource}")

    def rename(name: str) -> None:
        table.act("resource_patch", id=table.resource_id, name=name)
        give_alias(table.resource_id, Said())

    yield rename
    from ckanext.datapusher_plus.runs.aliases import forget

    forget(table.resource_id)


def aliases(table: Table) -> list[str]:
    return sorted(view.name for view in table.facts.views if view.alias)


def test_a_name_stays_over_loads_and_when_the_resource_is_renamed(
    table: Table, loader: Loader, named: Callable[[str], None]
) -> None:
    loader.load(b"a\n1\n")
    table.act("datastore_create", resource_id=table.resource_id, force=True, aliases=["by hand"])
    named("Straßen 2026")
    for content in (b"a\n1\n2\n", b"a,b\n1,2\n"):
        loader.load(content)
        named("Straßen 2026")
    assert aliases(table) == ["Straßen 2026", "by hand"]
    assert table.act("datastore_search", resource_id="Straßen 2026")["total"] == 1
    named("Wege")
    assert aliases(table) == ["Straßen 2026", "Wege", "by hand"]


def test_a_name_of_something_else_gets_a_number(
    table: Table, loader: Loader, named: Callable[[str], None], configured: Configured
) -> None:
    loader.load(b"a\n1\n")
    table.run('CREATE TABLE a_taken (a int); CREATE VIEW "a_taken-002" AS SELECT 1 AS b')
    try:
        configured(auto_alias_unique=False)
        named("a_taken")
        assert aliases(table) == []
        configured(auto_alias_unique=True)
        for _ in range(2):
            named("a_taken")
        assert aliases(table) == ["a_taken-003"]
    finally:
        table.run('DROP TABLE a_taken; DROP VIEW "a_taken-002"')


def test_two_resources_of_one_name_keep_theirs(
    portal: Portal, table: Table, loader: Loader, named: Callable[[str], None]
) -> None:
    first = portal.act("resource_create", package_id=portal.dataset, name="a", url="http://x.org", format="none")["id"]
    portal.act("datastore_create", resource_id=first, force=True, records=[{"a": 1}])
    loader.load(b"a\n1\n")
    give_alias(first, Said())
    for _ in range(2):
        named("a")
        give_alias(first, Said())
    found = portal.act("datastore_info", id=first)["meta"]["aliases"]
    assert (found, aliases(table)) == (["a"], ["a-002"])
    portal.act("resource_delete", id=first)
    withdraw(first, Said(), grace=0)
    named("a")
    assert aliases(table) == ["a-002"]


def test_without_a_template_no_name_is_given(table: Table, loader: Loader, configured: Configured) -> None:
    configured(auto_alias="")
    loader.load(b"a\n1\n")
    give_alias(table.resource_id, Said())
    assert aliases(table) == []
