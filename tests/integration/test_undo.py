"""Undo a load: the kept table, the swap backwards, and the ways back from an undo that dies."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.fix_tables import TODAY, Table
from tests.fix_way_back import FILES, Scene
from tests.loads import Loader


def undo(loader: Loader) -> Any:
    """Run the steps of an undo."""
    from ckanext.datapusher_plus.steps import bring_back, commit, stash, swap

    said = loader.said
    plan = bring_back.plan_undo(str(uuid.uuid4()), loader.resource_id, said)
    stash.stash(plan, said)
    return commit.commit(swap.swap(bring_back.bring_back(plan, said), said), said)


def kept(table: Table) -> list[str]:
    from ckanext.datapusher_plus.core import table_names
    from ckanext.datapusher_plus.datastore import catalog

    return catalog.tables_like(table.connection, table_names.kept_of(table.resource_id))


@pytest.fixture
def reader(portal: Any) -> Iterator[psycopg.Connection]:
    from ckanext.datapusher_plus.datastore.connect import open_connection

    connection = open_connection("test", autocommit=True, role="read")
    yield connection
    connection.close()


def test_the_table_before_is_kept_without_indexes_and_nobody_reads_it(
    live: Table, loader: Loader, reader: psycopg.Connection
) -> None:
    from ckanext.datapusher_plus.datastore import catalog

    loader.load(TODAY)
    (name,) = kept(live)
    facts = catalog.describe(live.connection, name)
    assert facts is not None
    assert (facts.indexes, facts.primary_key, facts.grants, facts.views) == ((), None, (), ())
    assert facts.triggers == ()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f'SELECT * FROM "{name}"'.encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f'SELECT ort FROM "{name}"'.encode())
    sequence = reader.execute("SELECT has_sequence_privilege(%s, 'SELECT')", [f'"{facts.sequence}"']).fetchone()
    assert sequence == (False,)


def test_the_kept_table_is_not_reachable_through_the_api(live: Table, loader: Loader) -> None:
    from ckan.plugins import toolkit as tk

    loader.load(TODAY)
    with pytest.raises(tk.ObjectNotFound):
        tk.get_action("datastore_search")({"user": ""}, {"resource_id": kept(live)[0]})


def test_an_undo_and_its_undo_bring_everything_back(live: Table, loader: Loader) -> None:
    before = live.whole()
    loader.load(TODAY)
    after = live.whole("Köln")
    assert undo(loader).rows == len(before.rows)
    assert live.whole() == before
    assert len(kept(live)) == 1
    undo(loader)
    assert live.whole("Köln") == after
    assert live.ours == []


def test_what_was_written_since_stays_and_columns_come_back_with_their_words(live: Table, loader: Loader) -> None:
    loader.load(b"stadt,zahl,ort,neu\nBern,1,Aare,x\n")
    live.act(
        "datastore_create",
        resource_id=live.resource_id,
        force=True,
        fields=[{"id": "ort", "type": "text", "info": {"label": "Fluss"}}],
    )
    before = {column.name: column.comment for column in live.facts.columns}
    undo(loader)
    found = {column.name: column.comment for column in live.facts.columns}
    assert "neu" not in found
    assert found["ort"] == before["ort"]
    assert "Fluss" in (found["ort"] or "")
    assert '"label":"Tag"' in (found["tag"] or "")
    assert any("tag" in index.columns for index in live.facts.indexes)


def test_rows_that_were_changed_since_go_with_the_table_and_come_back(live: Table, loader: Loader) -> None:
    loader.load(TODAY)
    row = {"stadt": "Genf", "zahl": 9}
    live.act("datastore_upsert", resource_id=live.resource_id, force=True, method="insert", records=[row])
    undo(loader)
    assert live.search(q="Genf")["total"] == 0
    undo(loader)
    assert live.search(q="Genf")["total"] == 1


def test_it_is_known_without_statistics_whether_rows_were_changed(live: Table, loader: Loader) -> None:
    from ckanext.datapusher_plus.datastore.touched import is_touched

    def changed(rows: int | None = None) -> bool | None:
        return is_touched(live.connection, live.resource_id, rows)

    assert changed() is None, "no load has put this table in place"
    loader.load(TODAY)
    rows = live.search()["total"]
    assert (changed(), changed(rows), changed(rows + 1)) == (False, False, True)
    live.act("datastore_records_delete", resource_id=live.resource_id, force=True, filters={"_id": 1})
    assert (changed(), changed(rows)) == (False, True)
    undo(loader)
    assert changed() is False
    row = {"stadt": "Genf", "zahl": 9}
    live.act("datastore_upsert", resource_id=live.resource_id, force=True, method="insert", records=[row])
    assert changed() is True
    assert live.act("datapusher_plus_undo_show", resource_id=live.resource_id)["changed"] is True
    undo(loader)
    # the rows that were changed before came back with the table
    assert changed() is False


def test_a_table_that_no_load_has_replaced_cannot_be_undone(live: Table, loader: Loader) -> None:
    from ckanext.datapusher_plus.core.errors import NothingToUndo

    with pytest.raises(NothingToUndo):
        undo(loader)


@pytest.mark.parametrize("setting", [{"keep_tables": 0}, {"load_strategy": "replace"}])
def test_a_site_keeps_none(live: Table, loader: Loader, setting: dict[str, Any]) -> None:
    from ckanext.datapusher_plus import settings
    from ckanext.datapusher_plus.core.values import Strategy

    loader.load(TODAY)
    assert len(kept(live)) == 1
    settings.use(replace(settings.current(), **setting))
    loader.load(FILES["Trier"], Strategy(settings.current().load_strategy))
    assert (live.ours, kept(live)) == ([], [])


@pytest.mark.parametrize("how", ["raise", "sigkill"])
@pytest.mark.parametrize(
    "point", ["undo.stripped", "index.built", "swap.parked", "swap.journaled", "swap.after", "commit.dropped"]
)
def test_an_undo_that_dies_is_rolled_back_and_can_be_repeated(
    live: Table, loader: Loader, scene: Scene, how: str, point: str
) -> None:
    loader.load(TODAY)
    before, tables = live.whole("Köln"), kept(live)
    scene.die(how, point, lambda: undo(loader))
    scene.heal()
    assert live.whole("Köln") == before
    assert kept(live) == tables
    assert scene.open_phases() == []
    assert undo(loader).rows == 3
    assert live.search(q="Zürich")["total"] == 1


@pytest.mark.parametrize("point", ["restore.dropped", "restore.closing"])
def test_the_way_back_from_an_undo_may_die_too(live: Table, loader: Loader, scene: Scene, point: str) -> None:
    loader.load(TODAY)
    before, tables = live.whole("Köln"), kept(live)
    scene.die("raise", "swap.after", lambda: undo(loader))
    scene.die("sigkill", point, scene.heal)
    scene.heal()
    assert (live.whole("Köln"), kept(live)) == (before, tables)


def test_an_undo_that_dies_after_its_commit_is_kept(live: Table, loader: Loader, scene: Scene) -> None:
    before = live.whole()
    loader.load(TODAY)
    scene.die("sigkill", "commit.after", lambda: undo(loader))
    scene.heal()
    assert live.whole() == before
    assert len(kept(live)) == 1


def test_functions_and_tables_of_other_people_can_go_though_a_table_is_kept(live: Table, loader: Loader) -> None:
    live.run("CREATE TABLE places (ort text PRIMARY KEY)")
    live.run("INSERT INTO places SELECT DISTINCT ort FROM {table} WHERE ort IS NOT NULL")
    live.run("ALTER TABLE {table} ADD CONSTRAINT place FOREIGN KEY (ort) REFERENCES places NOT VALID")
    before = live.whole()
    loader.load(TODAY)
    live.run("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS place")
    live.run("DROP TABLE places")
    undo(loader)
    assert live.whole().facts.triggers == before.facts.triggers


@pytest.mark.parametrize("days", [1, 0])
def test_an_old_table_is_removed(live: Table, loader: Loader, days: int) -> None:
    from ckanext.datapusher_plus import settings
    from ckanext.datapusher_plus.datastore import catalog, ddl
    from ckanext.datapusher_plus.recovery import kept_tables

    loader.load(TODAY)
    (name,) = kept(live)
    settings.use(replace(settings.current(), keep_tables_days=days))
    assert list(kept_tables.tidy(None, False)) == []
    about = json.loads(catalog.comment_of(live.connection, name) or "{}") | {"at": "2026-01-01T00:00:00+00:00"}
    live.connection.execute(ddl.comment("TABLE", ddl.public(name), json.dumps(about)))
    assert len(list(kept_tables.tidy(live.resource_id, True))) == (1 if days else 0)
    assert len(list(kept_tables.tidy(live.resource_id, False))) == (1 if days else 0)
    assert len(kept(live)) == (0 if days else 1)


@pytest.mark.parametrize("how", ["withdrawn", "swept", "table deleted"])
def test_a_kept_table_goes_with_its_resource(live: Table, loader: Loader, how: str) -> None:
    from ckanext.datapusher_plus.recovery import kept_tables
    from ckanext.datapusher_plus.recovery.remove_table import withdraw

    loader.load(TODAY)
    assert len(kept(live)) == 1
    if how == "table deleted":
        live.act("datastore_delete", resource_id=live.resource_id, force=True)
    else:
        live.act("resource_delete", id=live.resource_id)
    if how == "withdrawn":
        withdraw(live.resource_id, loader.said, grace=0)
    elif how == "swept":
        list(kept_tables.tidy(None, False))
    assert kept(live) == []


def test_the_sweep_asks_once_about_all_kept_tables(live: Table) -> None:
    from ckanext.datapusher_plus.recovery import kept_tables
    from tests.pictures import queries

    with older(live, 3) as others:
        for resource_id in others:
            live.connection.execute(f'CREATE TABLE "{resource_id}" ()'.encode())
        with queries("resource.id IN") as asked:
            told = [message for message in kept_tables.tidy(None, True) if message.partition(":")[0] in others]
    # CKAN does not know these resources
    assert len(told) == len(others)
    assert len(asked) == 1


def test_a_kept_table_is_no_leftover_of_a_run(live: Table, loader: Loader) -> None:
    from ckanext.datapusher_plus.recovery import orphans

    loader.load(TODAY)
    assert live.resource_id not in orphans.suspects()


def test_the_disk_check_tells_what_kept_tables_take(live: Table, loader: Loader) -> None:
    from ckanext.datapusher_plus.health import disk

    loader.load(TODAY)
    assert "kept for an undo take" in disk.room().sentence


# -- room ---------------------------------------------------------------------------------------------


@pytest.fixture
def other(live: Table) -> Iterator[str]:
    """Another resource with an older kept table, by name only; returns its id."""
    with older(live, 1) as (resource_id,):
        yield resource_id


@contextmanager
def older(live: Table, count: int) -> Iterator[list[str]]:
    """Make older kept tables of other resources, by name only; yield the ids, and drop all their tables."""
    from ckanext.datapusher_plus.core import table_names
    from ckanext.datapusher_plus.datastore import ddl

    resource_ids = [str(uuid.uuid4()) for _ in range(count)]
    names = [table_names.kept(each, str(uuid.uuid4())) for each in resource_ids]
    for name in names:
        live.connection.execute(f'CREATE TABLE "{name}" AS SELECT generate_series(1, 5000)'.encode())
        live.connection.execute(ddl.comment("TABLE", ddl.public(name), json.dumps({"at": "2026-01-01T00:00:00+00:00"})))
    try:
        yield resource_ids
    finally:
        for name in (*names, *resource_ids):
            live.connection.execute(f'DROP TABLE IF EXISTS "{name}"'.encode())


def of(table: Table, resource_id: str) -> list[str]:
    from ckanext.datapusher_plus.core import table_names
    from ckanext.datapusher_plus.datastore import catalog

    return catalog.tables_like(table.connection, table_names.kept_of(resource_id))


def test_kept_tables_go_oldest_first_when_room_is_short(live: Table, loader: Loader, other: str) -> None:
    from ckanext.datapusher_plus.datastore import room
    from ckanext.datapusher_plus.recovery import kept_tables

    loader.load(TODAY)
    free = room.free_for_tables(live.connection)
    assert free is not None, "the server of the tests is on this machine"
    assert kept_tables.make_room(live.connection, 1, mine="", run_log=loader.said) == 0
    assert (len(of(live, other)), len(kept(live))) == (1, 1)
    # much less than the older table has, and far more than other programs write meanwhile
    assert kept_tables.make_room(live.connection, 10**18, mine="", run_log=loader.said) == 2
    assert (of(live, other), kept(live)) == ([], [])


def test_a_kept_table_that_an_undo_uses_stays(live: Table, loader: Loader, other: str) -> None:
    from ckanext.datapusher_plus.datastore.lock import ResourceLock
    from ckanext.datapusher_plus.recovery import kept_tables

    loader.load(TODAY)
    with ResourceLock(live.resource_id) as lock:
        assert lock.acquire()
        assert kept_tables.make_room(live.connection, 10**18, mine="", run_log=loader.said) == 1
        assert (of(live, other), len(kept(live))) == ([], 1)
        # the load that has the lock may remove it
        assert kept_tables.make_room(live.connection, 10**18, mine=live.resource_id, run_log=loader.said) == 1
    assert kept(live) == []


def test_a_kept_table_that_a_backup_reads_stays(
    live: Table, loader: Loader, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ckanext.datapusher_plus import waits
    from ckanext.datapusher_plus.recovery import kept_tables

    loader.load(TODAY)
    monkeypatch.setattr(waits, "KEPT_TABLE_LOCK", 1)
    with live.connection.transaction():
        live.connection.execute(f'LOCK TABLE "{of(live, other)[0]}" IN ACCESS SHARE MODE'.encode())
        assert kept_tables.make_room(live.connection, 10**18, mine="", run_log=loader.said) == 1
    assert (len(of(live, other)), kept(live)) == (1, [])


def test_a_load_makes_room_and_says_so(
    live: Table, loader: Loader, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ckanext.datapusher_plus.core import kept as rules

    loader.load(TODAY)
    monkeypatch.setattr(rules, "COPIES", 10**15)
    loader.load(FILES["Trier"])
    assert of(live, other) == []
    assert any("Tables that were kept for an undo are removed, the oldest first: 2." in each for each in said(loader))
    # that of this load is kept: it was there before
    assert len(kept(live)) == 1


def said(loader: Loader) -> list[str]:
    return [str(each) for each in loader.said.lines]
