"""Who reads statistics, how, and when they go out of date, are made later, or are removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANCliRunner, CKANTestApp
from psycopg import sql

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.cli.statistics import statistics as command
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.recovery.statistics import catch_up
from ckanext.datapusher_plus.runs import database
from ckanext.datapusher_plus.statistics import store
from ckanext.datapusher_plus.statistics.make import Job, make
from ckanext.datapusher_plus.statistics.store import Known

FIELDS = [{"id": "city", "type": "text"}, {"id": "n", "type": "numeric"}]
RECORDS = [{"city": "Ulm", "n": 1}, {"city": "Ulm", "n": 2.5}, {"city": "Bo\x1b[31mnn", "n": None}]
#: long enough ago that the run's own process makes no statistics any more
ENDED = sa.func.now() - timedelta(hours=1)


def loaded_table(act: Any, resource_id: str, run_id: str = "one") -> None:
    """Make the table of a resource, as if a run had loaded it."""
    from ckan import model

    act("datastore_create", resource_id=resource_id, force=True, fields=FIELDS, records=RECORDS)
    with model.ensure_engine().begin() as connection:
        connection.execute(sa.delete(run).where(run.c.resource_id == resource_id))
        values = {"state": "complete", "cause": "submit", "load_key": "key", "finished_at": ENDED}
        connection.execute(sa.insert(run).values(id=run_id, resource_id=resource_id, **values))


@pytest.fixture
def described(uploaded: dict[str, Any], act: Any) -> Iterator[str]:
    """The id of a resource whose table has statistics."""
    loaded_table(act, uploaded["id"])
    make(Job(resource_id=uploaded["id"], run_id="one", load_key="key", seconds=60))
    yield uploaded["id"]
    store.remove(uploaded["id"])


def is_stale(resource_id: str) -> bool | None:
    found = store.load(resource_id)
    return found and found.stale


def test_the_action_returns_them(described: str, act: Any) -> None:
    found = act("datapusher_plus_statistics", resource_id=described)
    assert (found["rows"], found["run_id"], found["load_key"], found["stale"]) == (3, "one", "key", False)
    [city, n] = found["columns"]
    assert (city["top"][0], n["sum"], n["empty"], n["quartiles"]) == (["Ulm", 2], "3.5", 1, [1.375, 1.75, 2.125])
    json.dumps(found)


def test_without_statistics_there_is_nothing_to_find(uploaded: dict[str, Any], app: CKANTestApp) -> None:
    for resource_id in (uploaded["id"], "nosuch"):
        reply = app.get(f"/api/3/action/datapusher_plus_statistics?resource_id={resource_id}", status=404)
        assert (reply.json or {})["error"]["__type"] == "Not Found Error"


@pytest.mark.parametrize(("private", "status"), [(False, 200), (True, 403)])
def test_whoever_may_read_the_table_may_read_them(
    private: bool, status: int, described: str, act: Any, app: CKANTestApp
) -> None:
    dataset = act("resource_show", id=described)["package_id"]
    act("package_patch", id=dataset, owner_org=factories.Organization()["id"], private=private)
    app.get(f"/api/3/action/datapusher_plus_statistics?id={described}", status=status)


def test_the_command_prints_a_line_for_each_column(described: str) -> None:
    done = CKANCliRunner().invoke(command, [described])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0].startswith("3 rows, 2 columns; made ")
    assert lines[3].split()[:4] == ["city", "text", "0", "2"]
    assert "\x1b" not in done.output
    assert json.loads(CKANCliRunner().invoke(command, [described, "--json"]).output)["rows"] == 3


def test_the_command_makes_them_anew(described: str, act: Any) -> None:
    act("datastore_upsert", resource_id=described, force=True, method="insert", records=[{"city": "Köln"}])
    assert "changed since" in CKANCliRunner().invoke(command, [described]).output
    done = CKANCliRunner().invoke(command, [described, "--refresh"])
    assert done.output.startswith("4 rows"), done.output
    assert not is_stale(described)


@pytest.mark.parametrize("arguments", [[], ["--refresh"]])
def test_the_command_says_when_there_are_none(arguments: list[str], uploaded: dict[str, Any]) -> None:
    done = CKANCliRunner().invoke(command, ["nosuch", *arguments])
    assert (done.exit_code, "Traceback" in done.output) == (1, False)
    assert "nosuch" in done.output


CHANGES: dict[str, dict[str, Any]] = {
    "datastore_upsert": {"method": "insert", "records": [{"n": 3}]},
    "datastore_create": {"records": [{"n": 3}]},
    "datastore_delete": {"filters": {"n": 1}},
    "datastore_records_delete": {"filters": {}},
}


@pytest.mark.parametrize("action", CHANGES)
def test_changes_through_the_api_make_them_stale(action: str, described: str, act: Any) -> None:
    act(action, resource_id=described, force=True, **CHANGES[action])
    assert is_stale(described) is True


def test_an_edit_of_the_data_dictionary_does_not(described: str, act: Any) -> None:
    act("datastore_create", resource_id=described, force=True, fields=[{**FIELDS[0], "info": {"label": "Stadt"}}])
    assert is_stale(described) is False


@pytest.mark.parametrize(("action", "name"), [("datastore_delete", "resource_id"), ("resource_delete", "id")])
def test_they_go_with_the_table_and_the_resource(action: str, name: str, described: str, act: Any) -> None:
    act(action, **{name: described, "force": True})
    assert store.load(described) is None


def test_the_sweep_makes_what_is_missing(described: str, act: Any) -> None:
    assert list(catch_up(dry_run=False)) == []
    loaded_table(act, described, "two")
    store.expect(described, "two", Known())
    assert [loaded.resource_id for loaded in store.missing(9)] == [described]
    assert list(catch_up(dry_run=False)) == [f"{described}: the statistics of its table were missing and are made."]
    assert is_stale(described) is False
    assert list(catch_up(dry_run=False)) == []


@pytest.mark.parametrize(
    ("seconds", "begun", "is_left"), [(1, False, False), (6, False, True), (6, True, False), (3600, True, True)]
)
def test_what_a_run_has_left_to_the_sweep(seconds: int, begun: bool, is_left: bool, described: str, act: Any) -> None:
    loaded_table(act, described, "two")
    store.expect(described, "two", Known())
    if begun:
        store.begin(described, "two")
    with database.transaction() as connection:
        ended = sa.func.now() - timedelta(seconds=seconds)
        connection.execute(sa.update(run).where(run.c.id == "two").values(finished_at=ended))
    assert [loaded.resource_id for loaded in store.missing(9)] == [described] * is_left


@pytest.mark.parametrize("how", ["without", "purged"])
def test_they_go_however_a_resource_goes(how: str, described: str, act: Any) -> None:
    dataset = act("package_show", id=act("resource_show", id=described)["package_id"])
    if how == "without":
        act("package_update", **{**dataset, "resources": []})
    else:
        act("dataset_purge", id=dataset["id"])
    assert store.load(described) is None


def test_the_sweep_gives_up_where_there_is_no_table(described: str, act: Any) -> None:
    loaded_table(act, described, "two")
    store.expect(described, "two", Known())
    with psycopg.connect(tk.config["ckan.datastore.write_url"]) as connection:
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(described)))
    assert len(store.missing(9)) == 1
    assert list(catch_up(dry_run=False)) == []
    assert store.missing(9) == []


@pytest.fixture
def with_summary() -> Iterator[None]:
    before = settings.current()
    settings.use(replace(before, add_summary_stats_resource=True))
    yield
    settings.use(before)


def test_the_summary_resource(with_summary: None, described: str, act: Any) -> None:
    done = CKANCliRunner().invoke(command, [described, "--refresh"])
    assert done.exit_code == 0, done.output
    [summary] = [each for each in siblings(act, described) if each.get("summary_statistics")]
    assert (summary["summary_of_resource"], summary["datastore_active"]) == (described, True)
    rows = act("datastore_search", resource_id=f"{described}-stats")["records"]
    assert [(row["field"], row["cardinality"], row["sum"]) for row in rows] == [("city", 2, None), ("n", 2, 3.5)]
    CKANCliRunner().invoke(command, [described, "--refresh"])
    assert len(siblings(act, described)) == 2
    fields = [{**FIELDS[0], "info": {"pii": "true"}}]
    act("datastore_create", resource_id=described, force=True, fields=fields)
    assert "Ulm" not in str(act("datastore_search", resource_id=f"{described}-stats"))
    dataset = act("resource_show", id=described)["package_id"]
    act("resource_delete", id=described)
    assert act("package_show", id=dataset)["resources"] == []


def siblings(act: Any, resource_id: str) -> list[dict[str, Any]]:
    """Return all resources of the resource's dataset."""
    return act("package_show", id=act("resource_show", id=resource_id)["package_id"])["resources"]
