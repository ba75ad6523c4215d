"""Tables of deleted resources go, and ``datastore_active`` says whether there is a table."""

from __future__ import annotations

from typing import Any

import pytest
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.datapusher_plus.core.errors import ResourceGone
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.flow.cancelled import was_cancelled
from ckanext.datapusher_plus.health import resource_tables
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.recovery import sweep
from ckanext.datapusher_plus.runs import claim, finish
from tests.fix_ckan import Act, Runs

pytestmark = pytest.mark.usefixtures("worker_site")

Resource = dict[str, Any]


@pytest.fixture
def filled(clean_datastore: None, uploaded: Resource, act: Act, runs: Runs) -> Resource:
    """A resource that a run has loaded."""
    act("datastore_create", resource_id=uploaded["id"], force=True, records=[{"name": "Ada"}])
    run_id = runs(uploaded["id"])[-1]["id"]
    claim.claim(run_id, flow_run_id="f", worker="w")
    finish.finish(
        run_id,
        State.COMPLETE,
        message="1 row was loaded.",
        published=Published(rows=1, columns=(), file_hash="h", load_key="k"),
    )
    return uploaded


def has_table(resource: Resource) -> bool:
    from ckanext.datapusher_plus.recovery.restore import has_table as there

    return there(resource["id"])


def forget_flag(act: Act, resource: Resource) -> None:
    shown = act("package_show", id=resource["package_id"])
    for each in shown["resources"]:
        del each["datastore_active"]
    act("package_update", **shown)


def test_a_run_does_not_end_well_once_its_resource_is_deleted(uploaded: Resource, act: Act, runs: Runs) -> None:
    run_id = runs(uploaded["id"])[-1]["id"]
    claim.claim(run_id, flow_run_id="f", worker="w")
    act("resource_delete", id=uploaded["id"])
    with pytest.raises(ResourceGone):
        finish.finish(run_id, State.COMPLETE, message="1 row was loaded.", unless_gone=True)
    assert runs(uploaded["id"])[-1]["state"] == "running"


def test_the_table_of_a_resource_left_out_or_purged_goes(filled: Resource, act: Act) -> None:
    act("package_patch", id=filled["package_id"], resources=[])
    assert (has_table(filled), resource_tables.tables().state.value) == (True, "fail")
    assert sweep.sweep(was_cancelled=was_cancelled) == [
        f"{filled['id']}: the resource is deleted, and so are its table and stash now."
    ]
    assert (has_table(filled), resource_tables.tables().state.value, sweep.sweep(was_cancelled=was_cancelled)) == (
        False,
        "ok",
        [],
    )


def test_the_table_of_a_purged_dataset_goes(filled: Resource, act: Act) -> None:
    act("dataset_purge", id=filled["package_id"])
    sweep.sweep(was_cancelled=was_cancelled)
    assert not has_table(filled)


def test_the_table_of_a_deleted_dataset_stays_unread_and_comes_back(filled: Resource, act: Act, runs: Runs) -> None:
    act("package_delete", id=filled["package_id"])
    assert (sweep.sweep(was_cancelled=was_cancelled), has_table(filled)) == ([], True)
    with pytest.raises(tk.NotAuthorized):
        tk.get_action("datastore_search")({"user": ""}, {"resource_id": filled["id"]})
    act("package_patch", id=filled["package_id"], state="active")
    assert [row["cause"] for row in runs(filled["id"])] == ["upload", "restored"]


def test_a_table_that_no_run_knows_goes_by_name_only(filled: Resource, act: Act) -> None:
    with model.ensure_engine().begin() as connection:
        connection.execute(run.delete())
    act("dataset_purge", id=filled["package_id"])
    assert (sweep.sweep(was_cancelled=was_cancelled), has_table(filled), resource_tables.tables().state.value) == (
        [],
        True,
        "warn",
    )
    sweep.sweep(filled["id"], was_cancelled=was_cancelled)
    assert not has_table(filled)


def test_a_flag_that_a_client_dropped_comes_back(filled: Resource, act: Act) -> None:
    forget_flag(act, filled)
    assert not act("resource_show", id=filled["id"])["datastore_active"]
    assert resource_tables.tables().state.value == "fail"
    sweep.sweep(was_cancelled=was_cancelled)
    assert act("resource_show", id=filled["id"])["datastore_active"] is True


def test_a_flag_without_a_table_goes(filled: Resource, act: Act) -> None:
    from ckanext.datapusher_plus.datastore import connect

    with connect.connect() as connection:
        connection.execute(f'DROP TABLE "{filled["id"]}" CASCADE')  # pyright: ignore
    assert resource_tables.tables().state.value == "warn"
    sweep.sweep(was_cancelled=was_cancelled)
    assert act("resource_show", id=filled["id"])["datastore_active"] is False
