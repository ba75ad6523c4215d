"""``datapusher_hook``: a loader outside the plugin reports legal moves of a run, never a worker's."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ckan.plugins import toolkit as tk

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.runs import claim, finish
from tests.fix_ckan import Act, Runs, Upload


def report(act: Act, resource: dict[str, Any], status: str, *, error: object = None, **metadata: Any) -> None:
    act("datapusher_hook", metadata={"resource_id": resource["id"], **metadata}, status=status, error=error)


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        (["pending"], "queued"),
        (["running"], "running"),
        (["running", "running"], "running"),
        (["running", "complete"], "complete"),
        (["complete"], "complete"),
        (["error"], "error"),
        (["running", "error"], "error"),
    ],
    ids=str,
)
def test_a_run_moves_as_reported(
    reports: list[str], state: str, uploaded: dict[str, Any], act: Act, runs: Runs
) -> None:
    for status in reports:
        report(act, uploaded, status)
    assert [row["state"] for row in runs()] == [state]


@pytest.mark.parametrize("first", ["complete", "error"])
@pytest.mark.parametrize("second", ["running", "complete", "error"])
def test_a_run_that_has_ended_moves_no_more(
    first: str, second: str, uploaded: dict[str, Any], act: Act, runs: Runs
) -> None:
    report(act, uploaded, first)
    with pytest.raises(tk.ValidationError):
        report(act, uploaded, second)
    assert [row["state"] for row in runs()] == [first]


@pytest.mark.parametrize("status", ["running", "complete", "error"])
def test_a_run_of_a_worker_cannot_be_reported_on(status: str, uploaded: dict[str, Any], act: Act, runs: Runs) -> None:
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="host:1")
    with pytest.raises(tk.ValidationError, match="by itself"):
        report(act, uploaded, status)
    assert [row["state"] for row in runs()] == ["running"]


def test_a_report_can_name_its_run(uploaded: dict[str, Any], act: Act, upload: Upload, runs: Runs) -> None:
    first = runs()[0]["id"]
    report(act, uploaded, "running", job_id=first)
    act("resource_patch", id=uploaded["id"], upload=upload(b"b\n1\n"))
    report(act, uploaded, "error", job_id=first)
    assert [row["state"] for row in runs()] == ["error", "queued"]


def test_a_report_on_another_resources_run_is_refused(uploaded: dict[str, Any], act: Act, runs: Runs) -> None:
    other = act("resource_create", package_id=uploaded["package_id"], url="https://example.org/b.csv", format="CSV")
    with pytest.raises(tk.ObjectNotFound):
        report(act, other, "error", job_id=runs(uploaded["id"])[0]["id"])
    assert {row["state"] for row in runs()} == {"queued"}


def test_a_report_without_any_run_is_refused(dataset: dict[str, Any], act: Act) -> None:
    resource = act("resource_create", package_id=dataset["id"], url="https://example.org/a.pdf", format="PDF")
    with pytest.raises(tk.ObjectNotFound):
        report(act, resource, "complete")


@pytest.mark.parametrize(
    "data",
    [
        {"status": "complete"},
        {"metadata": {"resource_id": "x"}},
        {"metadata": "x", "status": "complete"},
        {"metadata": {}, "status": "complete"},
        {"metadata": {"resource_id": ["x"]}, "status": "complete"},
    ],
)
def test_a_malformed_report_is_refused(data: dict[str, Any], dataset: dict[str, Any], act: Act) -> None:
    with pytest.raises(tk.ValidationError):
        act("datapusher_hook", **data)


def test_an_unknown_status_is_refused(uploaded: dict[str, Any], act: Act) -> None:
    with pytest.raises(tk.ValidationError, match="Must be"):
        report(act, uploaded, "done")


@pytest.mark.parametrize(
    ("error", "said"),
    [("It\nbroke", "It broke"), ({"message": "It broke"}, "It broke"), (None, None), ({"code": 1}, None)],
)
def test_the_reported_reason_is_shown(error: object, said: str | None, uploaded: dict[str, Any], act: Act) -> None:
    report(act, uploaded, "error", error=error)
    shown = act("datapusher_status", resource_id=uploaded["id"])["error"]["message"]
    assert shown == (said or "The loader that works on this resource reported a failure without a reason.")


def test_a_reported_load_gets_the_default_views(
    clean_datastore: None, uploaded: dict[str, Any], act: Act, app: Any
) -> None:
    from ckan.tests import factories

    act("datastore_create", resource_id=uploaded["id"], records=[{"a": 1}], force=True, calculate_record_count=False)
    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    told = {"metadata": {"resource_id": uploaded["id"]}, "status": "complete"}
    app.post("/api/3/action/datapusher_hook", headers=headers, json=told, status=200)
    assert [view["view_type"] for view in act("resource_view_list", id=uploaded["id"])] == ["datatables_view"]


def test_a_newer_file_than_the_one_reported_is_queued_again(
    uploaded: dict[str, Any], act: Act, upload: Upload, runs: Runs
) -> None:
    began = datetime.now(timezone.utc).replace(tzinfo=None).isoformat()
    act("resource_patch", id=uploaded["id"], upload=upload(b"b\n1\n"))
    report(act, uploaded, "complete", task_created=began)
    assert [row["state"] for row in runs()] == ["complete", "queued"]


def test_another_link_than_the_one_reported_is_queued_again(dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    link = act("resource_create", package_id=dataset["id"], url="https://example.org/b.csv", format="CSV")
    report(act, link, "complete", original_url="https://example.org/a.csv")
    assert [row["state"] for row in runs()] == ["complete", "queued"]


def test_the_same_file_is_not_queued_again(uploaded: dict[str, Any], act: Act, runs: Runs) -> None:
    report(act, uploaded, "running")
    report(act, uploaded, "complete", task_created="not a time", original_url=uploaded["url"])
    assert [row["state"] for row in runs()] == ["complete"]


def test_a_worker_that_was_reported_on_finds_its_run_taken(uploaded: dict[str, Any], act: Act, runs: Runs) -> None:
    report(act, uploaded, "complete")
    run_id = runs()[0]["id"]
    assert claim.claim(run_id, flow_run_id="f", worker="w") is None
    assert not finish.finish(run_id, State.ERROR, message="no")
