"""``datapusher_submit`` and ``datapusher_status``: DataPusher+'s contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ckan import model, plugins
from ckan.plugins import toolkit as tk
from ckan.types import Context

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.interfaces import IDataPusher
from ckanext.datapusher_plus.runs import claim, finish
from ckanext.datapusher_plus.runs.log import RunLog
from tests.fix_ckan import Act, Runs

NOBODY = "6f7a1f0c-0000-4000-8000-000000000001"


class Veto(plugins.SingletonPlugin):
    """Declines every resource."""

    plugins.implements(IDataPusher, inherit=True)

    def can_upload(self, resource_id: str) -> bool:
        return False


@pytest.fixture
def pdf(dataset: dict[str, Any], act: Act) -> dict[str, Any]:
    """A resource that is not loaded by itself."""
    return act("resource_create", package_id=dataset["id"], url="https://example.org/a.pdf", format="PDF")


@pytest.mark.parametrize("key", ["resource_id", "id"])
def test_a_resource_can_be_submitted(key: str, pdf: dict[str, Any], act: Act, runs: Runs) -> None:
    assert act("datapusher_submit", **{key: pdf["id"]}) is True
    assert [(row["resource_id"], row["state"], row["cause"]) for row in runs()] == [(pdf["id"], "queued", "submit")]


@pytest.mark.parametrize(
    ("given", "kept"),
    [({"ignore_hash": True}, "ignore_hash"), ({"dry_run": True}, "dry_run"), ({"set_url_type": True}, None)],
)
def test_a_submission_can_have_wishes(
    given: dict[str, bool], kept: str | None, pdf: dict[str, Any], act: Act, runs: Runs
) -> None:
    assert act("datapusher_submit", resource_id=pdf["id"], **given) is True
    assert [name for name in ("ignore_hash", "dry_run") if runs()[0][name]] == [kept][: bool(kept)]


def test_what_is_queued_already_is_not_submitted_again(pdf: dict[str, Any], act: Act, runs: Runs) -> None:
    answers = [
        act("datapusher_submit", resource_id=pdf["id"], ignore_hash=ignore) for ignore in (False, False, True, True)
    ]
    assert answers == [True, False, True, False]
    assert len(runs()) == 1


def test_a_running_resource_can_be_submitted_for_afterwards(pdf: dict[str, Any], act: Act, runs: Runs) -> None:
    act("datapusher_submit", resource_id=pdf["id"])
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    assert act("datapusher_submit", resource_id=pdf["id"]) is True
    assert [row["state"] for row in runs()] == ["running", "queued"]


@pytest.mark.parametrize("factory", ["Sysadmin", "User"])
def test_an_unknown_resource_is_not_submitted(factory: str, dataset: dict[str, Any]) -> None:
    from ckan.tests import factories

    context = Context(user=getattr(factories, factory)()["name"])
    assert tk.get_action("datapusher_submit")(context, {"resource_id": NOBODY}) is False


@pytest.mark.parametrize("delete", ["resource_delete", "package_delete"])
def test_a_deleted_resource_is_not_submitted(delete: str, pdf: dict[str, Any], act: Act) -> None:
    act(delete, id=pdf["id" if delete == "resource_delete" else "package_id"])
    assert act("datapusher_submit", resource_id=pdf["id"]) is False


@pytest.mark.parametrize("url_type", ["datastore", "tabledesigner", "datapusher"])
def test_rows_kept_in_the_datastore_are_not_submitted(url_type: str, pdf: dict[str, Any], act: Act, runs: Runs) -> None:
    act("resource_patch", id=pdf["id"], url_type=url_type)
    assert act("datapusher_submit", resource_id=pdf["id"]) is False
    assert runs() == []


@pytest.mark.with_plugins({"veto": Veto})
def test_a_vetoed_resource_is_not_submitted(pdf: dict[str, Any], act: Act, runs: Runs) -> None:
    assert act("datapusher_submit", resource_id=pdf["id"]) is False
    assert runs() == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "resource_id"),
        ({"resource_id": ""}, "resource_id"),
        ({"resource_id": NOBODY, "__junk": {"a": 1}}, "__junk"),
    ],
    ids=["nothing", "empty id", "junk"],
)
def test_a_malformed_submission_is_refused(data: dict[str, Any], field: str, dataset: dict[str, Any], act: Act) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        act("datapusher_submit", **data)
    assert field in refused.value.error_dict


@pytest.fixture
def of_organization(clean_db: None, loaded: None, act: Act) -> Callable[[str], tuple[str, str]]:
    """Ids of a resource and of a user with that capacity in the resource's organization."""
    from ckan.tests import factories

    def make(capacity: str) -> tuple[str, str]:
        user = factories.User()
        members = [{"name": user["name"], "capacity": capacity}] if capacity else []
        dataset = factories.Dataset(owner_org=factories.Organization(users=members)["id"])
        return factories.Resource(package_id=dataset["id"])["id"], user["name"]

    return make


ACTIONS = ["datapusher_submit", "datapusher_status", "datapusher_hook"]


@pytest.mark.parametrize("action", ACTIONS)
def test_editors_of_the_resource_may(action: str, of_organization: Callable[[str], tuple[str, str]]) -> None:
    resource_id, user = of_organization("editor")
    assert tk.check_access(action, Context(user=user), {"resource_id": resource_id})


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("capacity", ["member", ""])
def test_others_may_not(action: str, capacity: str, of_organization: Callable[[str], tuple[str, str]]) -> None:
    resource_id, user = of_organization(capacity)
    data = {"resource_id": resource_id, "metadata": {"resource_id": resource_id}, "status": "error"}
    with pytest.raises(tk.NotAuthorized):
        tk.get_action(action)(Context(user=user), data)


def test_a_resource_without_a_run_has_no_status(pdf: dict[str, Any], act: Act) -> None:
    with pytest.raises(tk.ObjectNotFound):
        act("datapusher_status", resource_id=pdf["id"])


def test_a_queued_run_has_a_status(uploaded: dict[str, Any], act: Act, runs: Runs) -> None:
    status = act("datapusher_status", id=uploaded["id"])
    info = status.pop("task_info")
    assert status.pop("last_updated").startswith(str(runs()[0]["requested_at"].astimezone().year))
    assert status == {
        "status": "pending",
        "job_id": runs()[0]["id"],
        "flow_run_id": None,
        "job_url": None,
        "job_key": None,
        "error": {},
        "review": None,
        "dry_run": None,
        "rejected": None,
        "refused": None,
        "table": None,
        "waiting": None,
    }
    assert (info["state"], info["rows"], info["finished_at"], info["logs"]) == ("queued", None, None, [])


def test_a_finished_run_tells_what_it_loaded(uploaded: dict[str, Any], act: Act, runs: Runs) -> None:
    run_id = runs()[0]["id"]
    claim.claim(run_id, flow_run_id="flow-1", worker="w")
    RunLog(run_id).info("Fetched 20 bytes")
    loaded = Published(rows=1, columns=(("age", "numeric"),), file_hash="h", load_key="k", warnings=("Careful.",))
    finish.finish(run_id, State.WARNED, message="Loaded.", published=loaded)
    status = act("datapusher_status", resource_id=uploaded["id"])
    info = status["task_info"]
    assert (status["status"], status["flow_run_id"], info["state"]) == ("complete", "flow-1", "complete_with_warnings")
    assert (info["rows"], info["columns"], info["warnings"]) == (1, [["age", "numeric"]], ["Careful."])
    assert [(line["level"], line["message"]) for line in info["logs"]] == [("INFO", "Fetched 20 bytes")]


def test_a_failed_run_tells_why_in_one_sentence(uploaded: dict[str, Any], act: Act, runs: Runs) -> None:
    finish.finish(runs()[0]["id"], State.ERROR, message="The file is a PDF.", error_kind="NotText")
    status = act("datapusher_status", resource_id=uploaded["id"])
    assert (status["status"], status["error"]) == ("error", {"message": "The file is a PDF."})


def test_status_can_be_had_by_get(uploaded: dict[str, Any], app: Any) -> None:
    from ckan.tests import factories

    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    answer = app.get(f"/api/3/action/datapusher_status?resource_id={uploaded['id']}", headers=headers)
    assert answer.json["result"]["status"] == "pending"


def test_no_token_is_kept_or_answered(uploaded: dict[str, Any], app: Any, runs: Runs) -> None:
    from ckan.tests import factories

    token = factories.SysadminWithToken()["token"]
    asked = {"resource_id": uploaded["id"], "ignore_hash": True}
    app.post("/api/3/action/datapusher_submit", headers={"Authorization": token}, json=asked)
    metadata = {"resource_id": uploaded["id"], "api_key": token}
    report = {"metadata": metadata, "status": "error", "error": {"message": "no"}, "api_key": token}
    app.post("/api/3/action/datapusher_hook", headers={"Authorization": token}, json=report)
    answer = app.post("/api/3/action/datapusher_status", headers={"Authorization": token}, json=asked)
    task = model.Session.query(model.TaskStatus).one().as_dict()
    assert not any(token in str(place) for place in (answer.body, runs(), task))
    assert "api_key" not in answer.body
