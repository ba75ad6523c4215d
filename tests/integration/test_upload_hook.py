"""An upload asks for one load, by whichever action it comes, and with the commit of the upload."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from sqlalchemy import event

from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import claim
from tests.fix_ckan import Act, Runs, Upload

A = "https://example.org/a.csv"
B = "https://example.org/b.csv"


def link(url: str = A) -> dict[str, Any]:
    # a new one each time: actions write into what they are given
    return {"url": url, "format": "CSV"}


def causes(runs: list[dict[str, Any]]) -> list[str]:
    return [row["cause"] for row in runs]


def make_by_resource_create(act: Act, dataset: dict[str, Any], given: dict[str, Any]) -> None:
    act("resource_create", package_id=dataset["id"], **given)


def make_by_package_create(act: Act, dataset: dict[str, Any], given: dict[str, Any]) -> None:
    act("package_create", name="other", owner_org=dataset["owner_org"], resources=[given])


def make_by_package_update(act: Act, dataset: dict[str, Any], given: dict[str, Any]) -> None:
    act("package_update", **{**dataset, "resources": [given]})


def make_by_package_patch(act: Act, dataset: dict[str, Any], given: dict[str, Any]) -> None:
    act("package_patch", id=dataset["id"], resources=[given])


def make_by_package_revise(act: Act, dataset: dict[str, Any], given: dict[str, Any]) -> None:
    act("package_revise", match={"id": dataset["id"]}, update__resources__extend=[given])


@pytest.mark.parametrize(
    "make",
    [make_by_resource_create, make_by_package_create, make_by_package_update, make_by_package_patch]
    + [make_by_package_revise],
    ids=lambda make: make.__name__,
)
def test_a_new_link_is_requested_once(
    make: Callable[[Act, dict[str, Any], dict[str, Any]], None], dataset: dict[str, Any], act: Act, runs: Runs
) -> None:
    make(act, dataset, link())
    assert [(row["state"], row["cause"]) for row in runs()] == [("queued", "url")]


@pytest.mark.parametrize("action", ["resource_patch", "resource_update"])
def test_a_changed_link_is_requested(action: str, dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    resource = act("resource_create", package_id=dataset["id"], **link())
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    act(action, **{**resource, "url": B})
    assert [row["state"] for row in runs()] == ["running", "queued"]


def change_by_package_update(act: Act, dataset: dict[str, Any], resource: dict[str, Any]) -> None:
    act("package_update", **{**act("package_show", id=dataset["id"]), "resources": [resource]})


def change_by_package_patch(act: Act, dataset: dict[str, Any], resource: dict[str, Any]) -> None:
    act("package_patch", id=dataset["id"], resources=[resource])


def change_by_package_revise(act: Act, dataset: dict[str, Any], resource: dict[str, Any]) -> None:
    act("package_revise", match={"id": dataset["id"]}, update__resources__0={"url": resource["url"]})


@pytest.mark.parametrize(
    "change",
    [change_by_package_update, change_by_package_patch, change_by_package_revise],
    ids=lambda change: change.__name__,
)
def test_a_link_changed_by_a_dataset_action_is_requested(
    change: Callable[[Act, dict[str, Any], dict[str, Any]], None], dataset: dict[str, Any], act: Act, runs: Runs
) -> None:
    resource = act("resource_create", package_id=dataset["id"], **link())
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    change(act, dataset, {**resource, "url": B})
    assert [row["state"] for row in runs()] == ["running", "queued"]


def test_an_upload_is_requested_once(uploaded: dict[str, Any], runs: Runs) -> None:
    assert causes(runs(uploaded["id"])) == ["upload"]


def test_a_new_file_of_the_same_name_is_requested(
    uploaded: dict[str, Any], act: Act, upload: Upload, runs: Runs
) -> None:
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    act("resource_patch", id=uploaded["id"], upload=upload(b"name,age\nBob,1\n"))
    assert [row["state"] for row in runs()] == ["running", "queued"]


def test_a_file_uploaded_by_package_revise_is_requested(
    uploaded: dict[str, Any], act: Act, upload: Upload, runs: Runs
) -> None:
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    act("package_revise", match={"id": uploaded["package_id"]}, update__resources__0__upload=upload(b"a\n2\n"))
    assert [row["state"] for row in runs()] == ["running", "queued"]


@pytest.mark.parametrize(
    "change", [{"name": "new"}, {"description": "new"}, {"datastore_active": True}, {"hash": "abc"}]
)
def test_other_changes_request_nothing(change: dict[str, Any], uploaded: dict[str, Any], act: Act, runs: Runs) -> None:
    # in the same session as the upload, where CKAN's own mark of a changed file is still set
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    act("resource_patch", id=uploaded["id"], **change)
    assert len(runs()) == 1


def test_a_format_that_makes_a_file_loadable_is_a_request(dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    resource = act("resource_create", package_id=dataset["id"], url="https://example.org/data", format="")
    assert runs() == []
    act("resource_patch", id=resource["id"], format="CSV")
    assert causes(runs()) == ["format"]


def test_a_format_as_loadable_as_before_is_no_request(dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    resource = act("resource_create", package_id=dataset["id"], **link())
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    act("resource_patch", id=resource["id"], format="TSV")
    assert len(runs()) == 1


@pytest.mark.parametrize(
    "resource",
    [
        {"url": "https://example.org/a.pdf", "format": "PDF"},
        {"url": "https://example.org/a.csv", "format": "csvw"},
        {"url": "https://example.org/", "format": "CSV", "url_type": "datastore"},
        {"url": "", "format": "CSV"},
    ],
    ids=["other format", "format that only contains the name", "rows kept in the datastore", "no file"],
)
def test_what_is_not_to_be_loaded_is_not_requested(
    resource: dict[str, Any], dataset: dict[str, Any], act: Act, runs: Runs
) -> None:
    act("resource_create", package_id=dataset["id"], **resource)
    assert runs() == []


def test_the_media_type_counts_where_no_format_is_given(dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    act("resource_create", package_id=dataset["id"], url="https://example.org/d", format="", mimetype="text/csv")
    assert causes(runs()) == ["url"]


def test_two_new_files_of_one_dataset_are_two_requests(dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    act("package_patch", id=dataset["id"], resources=[link(), link(B)])
    assert len({row["resource_id"] for row in runs()}) == 2


def test_the_request_is_the_uploads_own_transaction(dataset: dict[str, Any], runs: Runs) -> None:
    model.Session.add(model.Resource(package_id=dataset["id"], **link()))
    model.Session.flush()
    assert runs() == []
    model.Session.commit()
    assert causes(runs()) == ["url"]


def test_an_upload_rolled_back_at_the_last_moment_leaves_no_request(dataset: dict[str, Any], runs: Runs) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("no")

    event.listen(model.Session(), "before_commit", refuse, once=True)
    model.Session.add(model.Resource(package_id=dataset["id"], **link()))
    with pytest.raises(RuntimeError):
        model.Session.commit()
    model.Session.rollback()
    assert runs() == []


def test_a_change_repeated_after_a_rollback_is_requested(dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    resource = act("resource_create", package_id=dataset["id"], **link())
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    kept = model.Resource.get(resource["id"])
    assert kept is not None
    for save in (model.Session.rollback, model.Session.commit):
        kept.url = B
        save()
    assert len(runs()) == 2


def test_an_upload_succeeds_before_the_tables_are_made(dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    with model.ensure_engine().begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {run.name} RENAME TO hidden"))
    try:
        resource = act("resource_create", package_id=dataset["id"], **link())
    finally:
        with model.ensure_engine().begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE hidden RENAME TO {run.name}"))
    assert act("resource_show", id=resource["id"])["url"] == A
    assert runs() == []


def test_a_form_upload_is_requested_once(dataset: dict[str, Any], app: Any, runs: Runs) -> None:
    from ckan.tests import factories

    form = {"id": "", "url": "a.csv", "upload": (io.BytesIO(b"a\n1\n"), "a.csv"), "save": "go-metadata"}
    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    app.post(tk.url_for("dataset_resource.new", id=dataset["id"]), headers=headers, data=form)
    assert causes(runs()) == ["upload"]
