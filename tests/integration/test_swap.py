"""A new file takes the table's place, and all that hangs on the table comes along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from ckanext.datapusher_plus.core.errors import DatastoreBusy, DependentViewBroken, TriggerFailed, UniqueKeyBroken
from ckanext.datapusher_plus.core.values import Strategy
from ckanext.datapusher_plus.recovery.restore import restore
from tests.fix_file import Said
from tests.fix_health import Having
from tests.fix_tables import TODAY, Table
from tests.loads import Loader

LABEL = ' {"_info":{"label":"edited"}}'


def comments(table: Table) -> dict[str, str | None]:
    return {column.name: column.comment for column in table.facts.columns}


def test_a_reload_changes_the_rows_and_nothing_else(live: Table, loader: Loader) -> None:
    before = live.whole()
    assert loader.load(TODAY).warnings == ()
    after = live.whole("Rhein")
    assert after.facts == before.facts
    # the person's trigger has seen the new rows, as it sees those of datastore_create
    assert [row[-1] for row in after.rows] == ["RHEIN", "UNBEKANNT", "RUHR", "UNBEKANNT"]
    assert (after.total, after.found) == (4, [1])
    assert (live.ours, live.phases) == ([], ["committed"])


def test_ckan_goes_on_with_the_table_as_with_its_own(live: Table, loader: Loader) -> None:
    loader.load(TODAY)
    indexes = live.facts.indexes
    key = {"stadt": "Köln", "zahl": 10}
    live.act("datastore_create", resource_id=live.resource_id, force=True, fields=[{"id": "stadt"}], indexes=["tag"])
    live.act("datastore_upsert", resource_id=live.resource_id, force=True, records=[{"zahl": 4}], method="insert")
    live.act("datastore_upsert", resource_id=live.resource_id, force=True, records=[{**key, "ort": "Eifel"}])
    assert {i.name for i in live.facts.indexes} == {i.name for i in indexes} - {"Mein Index"}
    assert live.run("SELECT _id, ort FROM {table} ORDER BY _id") == [
        (1, "EIFEL"),
        (2, "UNBEKANNT"),
        (3, "RUHR"),
        (4, "UNBEKANNT"),
        (5, "UNBEKANNT"),
    ]


def test_a_first_load_makes_the_table_that_ckan_would_make(table: Table, loader: Loader, having: Having) -> None:
    having(full_text_index="ckan")
    loader.load(b"name,n\nb,1\na,2\n")
    ours = table.whole("b")
    table.act("datastore_delete", resource_id=table.resource_id, force=True)
    fields = [{"id": "name", "type": "text"}, {"id": "n", "type": "numeric"}]
    records = [{"name": "b", "n": 1}, {"name": "a", "n": 2}]
    table.act("datastore_create", resource_id=table.resource_id, force=True, fields=fields, records=records)
    assert ours == table.whole("b")


def test_words_stay_with_their_columns_when_others_come_and_go(live: Table, loader: Loader, said: Said) -> None:
    live.run("DROP TRIGGER t000 ON {table}; DROP VIEW grosse; DROP VIEW nach_ort")
    before = comments(live)
    loader.load("neu,stadt,tag\n1,Köln,2026-01-01\n".encode())
    after = comments(live)
    assert list(after) == ["neu", "stadt", "tag"]
    assert after == {"neu": None, "stadt": before["stadt"], "tag": before["tag"]}
    assert any("unique key on stadt, zahl" in line for line in said.lines)
    loader.load(TODAY)
    assert comments(live) == before


def test_aliases_show_the_new_columns(live: Table, loader: Loader) -> None:
    live.run("DROP TRIGGER t000 ON {table}; DROP VIEW grosse; DROP VIEW nach_ort")
    loader.load("stadt,neu\nKöln,1\n".encode())
    found = live.act("datastore_search", resource_id="staedte")
    assert [field["id"] for field in found["fields"]] == ["_id", "stadt", "neu"]
    assert set(live.act("datastore_info", id=live.resource_id)["meta"]["aliases"]) == {"staedte", "cities"}


def test_a_change_of_type_is_what_the_dictionary_asks_for(live: Table, loader: Loader) -> None:
    live.run("DROP VIEW grosse; DROP VIEW nach_ort")
    live.run("COMMENT ON COLUMN {table}.zahl IS {text}", text=' {"_info":{"type_override":"text"}}')
    loader.load(TODAY)
    assert [(c.name, c.type) for c in live.facts.columns][1] == ("zahl", "text")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ("COMMENT ON COLUMN {table}.zahl IS {label}", lambda facts: facts.columns[1].comment == LABEL),
        ("CREATE VIEW late AS SELECT * FROM {table}", lambda facts: "late" in facts.dictionary.aliases),
        ("DROP VIEW cities", lambda facts: "cities" not in facts.dictionary.aliases),
        ("GRANT SELECT ON {table} TO PUBLIC", lambda facts: "" in {grant.grantee for grant in facts.grants}),
        ("REVOKE SELECT ON {table} FROM datastore_read", lambda f: "SELECT" not in {g.privilege for g in f.grants}),
        ("CREATE INDEX late ON {table} (ort)", lambda facts: "late" in {index.name for index in facts.indexes}),
        ("DROP TRIGGER t000 ON {table}", lambda facts: facts.triggers == ()),
        ("ALTER TABLE {table} DISABLE TRIGGER t000", lambda facts: facts.triggers[0].enabled == "D"),
    ],
)
def test_what_people_change_during_a_run_wins(
    live: Table, loader: Loader, said: Said, edit: str, expected: Any
) -> None:
    from ckanext.datapusher_plus.steps import commit, stage, stash, swap

    staged = stage.stage(stash.stash(loader.plan(TODAY), said), said)
    live.run(edit, label=LABEL)
    commit.commit(swap.swap(staged, said), said)
    assert expected(live.facts)


def test_a_table_deleted_during_a_run_is_made_anew_with_its_words(live: Table, loader: Loader, said: Said) -> None:
    from ckanext.datapusher_plus.steps import commit, stage, stash, swap

    before = live.facts
    staged = stage.stage(stash.stash(loader.plan(TODAY), said), said)
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    live.run("CREATE VIEW cities AS SELECT 1 AS taken")
    swapped = commit.commit(swap.swap(staged, said), said)
    after = live.facts
    assert (after.columns, after.triggers) == (before.columns, before.triggers)
    assert after.dictionary == replace(before.dictionary, aliases=("staedte",))
    assert ["cities" in warning for warning in swapped.warnings] == [True]


def test_duplicates_under_a_unique_key_are_named_and_nothing_changes(live: Table, loader: Loader) -> None:
    before = live.whole()
    twice = TODAY + "Bonn,20.25,,\nKöln,10,,\n".encode()
    with pytest.raises(UniqueKeyBroken, match="stadt, zahl.*“Köln, 10” appears more than once"):
        loader.load(twice)
    assert live.whole() == before


@pytest.mark.parametrize("strategy", Strategy)
def test_a_trigger_that_does_not_suit_the_new_columns_is_named(live: Table, loader: Loader, strategy: Strategy) -> None:
    live.run("DROP VIEW grosse; DROP VIEW nach_ort")
    before = live.facts
    with pytest.raises(TriggerFailed, match='t000.*record "new" has no field "ort"'):
        loader.load("stadt\nKöln\n".encode(), strategy)
    restore(live.resource_id, loader.said)
    assert live.facts == before


@pytest.mark.parametrize(
    ("hang_on", "reason"),
    [
        ("CREATE VIEW needs AS SELECT zahl FROM {table}", "needs.*zahl.*does not exist"),
        ("CREATE TABLE other (n int REFERENCES {table} (_id))", "other"),
        ("CREATE FUNCTION needs({table}) RETURNS int LANGUAGE sql AS 'SELECT 1'", "needs"),
        ("CREATE MATERIALIZED VIEW needs AS SELECT ort FROM {table}", "materialized"),
        ("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", "row-level security"),
    ],
)
def test_what_cannot_be_rebuilt_stops_the_load_before_anything_changes(
    table: Table, loader: Loader, hang_on: str, reason: str
) -> None:
    loader.load(TODAY)
    table.run(hang_on)
    before = table.whole()
    with pytest.raises(DependentViewBroken, match=reason):
        loader.load(b"stadt,ort\na,b\n")
    assert table.whole() == before
    table.run("DROP TABLE {table} CASCADE; DROP TABLE IF EXISTS other")


def test_a_view_that_belongs_to_somebody_else_stops_the_load(
    table: Table, loader: Loader, superuser: psycopg.Connection
) -> None:
    loader.load(TODAY)
    superuser.execute(sql.SQL("CREATE VIEW theirs AS SELECT ort FROM {}").format(sql.Identifier(table.resource_id)))
    with pytest.raises(DependentViewBroken, match="theirs.*belongs to the role postgres"):
        loader.load(TODAY)
    superuser.execute("DROP VIEW theirs")


def test_a_reader_who_never_lets_go_only_delays_the_load(live: Table, loader: Loader) -> None:
    before = live.whole()
    with live.connection.transaction():
        live.run("SELECT count(*) FROM {table}")
        with pytest.raises(DatastoreBusy, match="3 s"):
            loader.load(TODAY)
    assert live.whole() == before


def test_a_table_that_is_deleted_stays_so_as_far_as_ckan_knows(table: Table, loader: Loader) -> None:
    loader.load(TODAY)
    table.act("datastore_delete", resource_id=table.resource_id, force=True)
    assert table.ours == []
    assert table.run("SELECT 1 FROM pg_class WHERE relname LIKE {name} || '%'") == []
