"""The review of a file with personal data: who may decide, what the tab shows, and that one answer is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import Tag
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp, call_action

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.errors import BadPatterns, WaitsForReview
from ckanext.datapusher_plus.core.personal_data.findings import Found
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.runs import database, records, review
from ckanext.datapusher_plus.runs.claim import claim
from ckanext.datapusher_plus.runs.finish import finish
from ckanext.datapusher_plus.runs.request import request
from ckanext.datapusher_plus.steps.site_patterns import site_patterns
from tests.fix_ckan import Act
from tests.fix_file import Said
from tests.loads import Loader
from tests.tab import Tab

FOUND = (
    Found(detector="ssn", column="<b>note", count=3, first_rows=(1, 2)),
    Found(detector="Own", column="a", count=1, first_rows=(7,)),
)
#: role -> whether it may decide, with pii_reviewers = editors and with admins
ROLES = {
    "anonymous": (False, False),
    "stranger": (False, False),
    "admin of another": (False, False),
    "member": (False, False),
    "editor": (True, False),
    "admin": (True, True),
    "sysadmin": (True, True),
}


def hold(resource: Mapping[str, Any], file_hash: str = "b") -> str:
    """Let a run of the resource end because its file waits for a review, and return its id."""
    with database.transaction() as connection:
        run_id = request(connection, resource["id"], cause="upload")
    assert claim(run_id, flow_run_id=None, worker="here:1")
    review.ask(resource["id"], file_hash, run_id, FOUND)
    assert finish(run_id, State.WAITING, message=str(WaitsForReview(FOUND, "Editors")))
    return run_id


@pytest.fixture
def held(dataset: dict[str, Any], act: Act) -> dict[str, Any]:
    """A resource whose file waits for a review."""
    made = act("resource_create", package_id=dataset["id"], url="http://example.org/a.pdf", format="PDF")
    hold(made)
    return made


def shown(tab: Tab) -> Tag:
    found = tab.page().select_one("[data-part=review]")
    assert found
    return found


def test_a_run_that_waits_is_neither_open_nor_a_failure(held: dict[str, Any], act: Act) -> None:
    status = act("datapusher_status", resource_id=held["id"])
    assert (status["status"], status["error"], records.running()) == ("pending", {}, [])
    task = act("task_status_show", entity_id=held["id"], task_type="datapusher_plus", key="datapusher_plus")
    assert (task["state"], "note" in str(task)) == ("pending", False)
    assert records.settled([held["id"]]) == {held["id"]: False}


def test_an_approval_queues_a_run_and_ends_the_review(held: dict[str, Any], act: Act) -> None:
    job = act("datapusher_plus_review", id=held["id"], decision="approve")["job_id"]
    latest = records.latest(held["id"])
    assert latest
    assert (latest.id, latest.state, latest.cause) == (job, State.QUEUED, "review")
    known = review.of_file(held["id"], "b")
    assert known
    assert (known.state, known.found) == (review.Answer.APPROVED, FOUND)
    for decision in ("approve", "reject"):
        with pytest.raises(tk.ValidationError, match="look at its DataStore tab again"):
            act("datapusher_plus_review", resource_id=held["id"], decision=decision)


def test_a_rejection_says_who_and_why_and_may_be_taken_back(held: dict[str, Any], act: Act) -> None:
    act("datapusher_plus_review", resource_id=held["id"], decision="reject", note="\u202eNo\n")
    status = act("datapusher_status", resource_id=held["id"])
    assert (status["status"], status["task_info"]["state"]) == ("error", "rejected")
    assert "Their note: “\ufffdNo”." in status["error"]["message"]
    with pytest.raises(tk.ValidationError):
        act("datapusher_plus_review", resource_id=held["id"], decision="reject")
    assert act("datapusher_plus_review", resource_id=held["id"], decision="approve")["job_id"]


def test_an_answer_is_for_the_latest_run_only(held: dict[str, Any], act: Act) -> None:
    with database.transaction() as connection:
        request(connection, held["id"], cause="upload")
    with pytest.raises(tk.ValidationError):
        act("datapusher_plus_review", resource_id=held["id"], decision="approve")
    assert review.of_file(held["id"], "other") is None


@pytest.mark.parametrize("wrong", [{}, {"decision": "maybe"}, {"decision": "reject", "note": "x" * 501}])
def test_other_answers_are_refused(wrong: dict[str, str], held: dict[str, Any], act: Act) -> None:
    with pytest.raises(tk.ValidationError):
        act("datapusher_plus_review", resource_id=held["id"], **wrong)


@pytest.mark.parametrize("reviewers", ["editors", "admins"])
def test_reviewers_are_those_that_the_site_says(
    reviewers: str, clean_db: None, loaded: None, app: CKANTestApp, act: Act
) -> None:
    users: dict[str, Any] = {role: factories.UserWithToken() for role in ROLES if role != "sysadmin"}
    users["sysadmin"] = factories.SysadminWithToken()
    members = [{"name": users[role]["name"], "capacity": role} for role in ("member", "editor", "admin")]
    factories.Organization(users=[{"name": users["admin of another"]["name"], "capacity": "admin"}])
    dataset = factories.Dataset(owner_org=factories.Organization(users=members)["id"])
    before = settings.current()
    settings.use(replace(before, pii_reviewers=reviewers))
    for role, may in ROLES.items():
        resource = factories.Resource(package_id=dataset["id"], url="http://example.org/a.pdf", format="PDF")
        hold(resource)
        headers = {} if role == "anonymous" else {"Authorization": users[role]["token"]}
        allowed = may[reviewers == "admins"]
        page = app.get(f"/dataset/{dataset['id']}/resource_data/{resource['id']}", headers=headers, status=None)
        assert ('value="approve"' in page.text) == allowed, role
        asked = {"resource_id": resource["id"], "decision": "reject"}
        answer = app.post("/api/3/action/datapusher_plus_review", json=asked, headers=headers, status=None)
        assert answer.status_code == (200 if allowed else 403), (role, answer.text)
    settings.use(before)


def test_the_tab_shows_what_was_found_and_takes_the_answer(tab: Tab) -> None:
    hold(tab.resource)
    part = shown(tab)
    cells = [[cell.get_text() for cell in row.select("td")] for row in part.select("tbody tr")]
    assert cells == [["<b>note", "US social security numbers", "3", "1, 2, …"], ["a", "Own", "1", "7"]]
    assert {str(button["value"]) for button in part.select("button[name=decision]")} == {"approve", "reject"}
    assert "Waits for review" in tab.page().get_text()
    tab.press({"decision": "reject", "note": "<i>no"}, f"{tab.path}/review")
    part = shown(tab)
    assert "<i>no" in part.get_text()
    assert {str(button["value"]) for button in part.select("button[name=decision]")} == {"approve"}


def test_the_tab_offers_to_make_the_dataset_private(tab: Tab) -> None:
    hold(tab.resource)
    assert shown(tab).select_one("button[name=private]")
    tab.press({}, f"{tab.path}/private")
    assert call_action("package_show", id=tab.resource["package_id"])["private"] is True
    assert shown(tab).select_one("button[name=private]") is None


@pytest.mark.usefixtures("clean_datastore")
def test_patterns_may_be_rows_of_the_datastore_under_an_alias(dataset: dict[str, Any], act: Act, make: Loader) -> None:
    table = act(
        "datastore_create",
        resource={"package_id": dataset["id"]},
        aliases="our-patterns",
        fields=[{"id": "n", "type": "int"}, {"id": "pattern", "type": "text"}],
        records=[{"n": 1, "pattern": "(?x)\\d{4} #Four"}, {"n": 2, "pattern": "abc"}],
    )
    for name in ("our-patterns", table["resource_id"]):
        assert [each.name for each in site_patterns(name, make._ticket("r", make.work_dir))] == ["Four", "pattern 2"]
    with pytest.raises(BadPatterns, match="no resource has this id or alias"):
        site_patterns("x'; DROP TABLE y", make._ticket("r", make.work_dir))


@pytest.fixture
def make(tmp_path: Path, said: Said) -> Loader:
    return Loader(resource_id="none", work_dir=tmp_path, said=said)
