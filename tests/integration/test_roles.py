"""Who may do and read what: every role on every action and address of the plugin, with a private dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.runs import database
from ckanext.datapusher_plus.runs.finish import finish
from ckanext.datapusher_plus.runs.request import request

SECRET = "Alice Smith SSN 123-45-6789"
MAY = ("editor", "admin", "sysadmin")
MAY_NOT = ("anonymous", "stranger", "editor of another", "member")

#: action -> what is sent besides the resource's id
ACTIONS: dict[str, dict[str, Any]] = {
    "datapusher_status": {},
    "datapusher_submit": {},
    "datapusher_hook": {"status": "complete"},
    "datapusher_plus_dictionary_history": {},
    "datapusher_plus_dictionary_restore": {"entry": "1"},
    "datapusher_plus_dictionary_carry": {"old": "a", "new": "b"},
    "datapusher_plus_review": {"decision": "approve"},
    "datapusher_plus_all_sheets": {},
    "datapusher_plus_runs": {},
    "datapusher_plus_run_show": {"job_id": "{run}"},
    "datapusher_plus_cancel": {},
    "datapusher_plus_thumbnail_make": {},
}
#: actions for everybody who may read the resource
FOR_READERS = ("datapusher_plus_thumbnail_show",)
#: method and address below the dataset's
ROUTES = [
    ("GET", "resource_data/{0}"),
    ("GET", "resource_data/{0}/status"),
    ("GET", "resource_data/{0}/rejected.csv"),
    ("GET", "resource_data/{0}/rejected/{1}.csv"),
    ("GET", "resource_data/{0}/history"),
    ("GET", "resource_data/{0}/history/{1}"),
    ("POST", "resource_data/{0}/cancel"),
    ("POST", "resource_data/{0}"),
    ("POST", "delete-datastore/{0}"),
    ("POST", "resource_data/{0}/dictionary"),
    ("POST", "resource_data/{0}/dictionary/carry"),
    ("POST", "resource_data/{0}/review"),
    ("POST", "resource_data/{0}/private"),
    ("POST", "resource_data/{0}/reading"),
    ("POST", "resource_data/{0}/sheets"),
]


@dataclass(frozen=True, kw_only=True)
class Private:
    """A private resource whose load failed of a value, and the headers of each role."""

    resource: dict[str, Any]
    run_id: str
    headers: dict[str, dict[str, str]]


@pytest.fixture
def private(clean_db: None, loaded: None, app: CKANTestApp) -> Private:
    users: dict[str, Any] = {role: factories.UserWithToken() for role in (*MAY_NOT[1:], *MAY[:2])}
    users["sysadmin"] = factories.SysadminWithToken()
    members = [{"name": users[role]["name"], "capacity": role} for role in ("member", "editor", "admin")]
    other = [{"name": users["editor of another"]["name"], "capacity": "editor"}]
    factories.Organization(users=other)
    dataset = factories.Dataset(owner_org=factories.Organization(users=members)["id"], private=True)
    resource = factories.Resource(package_id=dataset["id"], url="http://example.org/a.pdf", format="PDF")
    with database.transaction() as connection:
        run_id = request(connection, resource["id"], cause="submit")
    assert finish(run_id, State.ERROR, message=f"No number: {SECRET}", error_kind="ValueDoesNotFit")
    headers = {role: {"Authorization": user["token"]} for role, user in users.items()}
    return Private(resource=resource, run_id=run_id, headers=headers | {"anonymous": {}})


@pytest.mark.parametrize("role", [*MAY_NOT, *MAY])
def test_actions_are_for_those_who_may_edit(role: str, private: Private, app: CKANTestApp) -> None:
    for action, more in ACTIONS.items():
        filled = {name: value.format(run=private.run_id) for name, value in more.items()}
        data: dict[str, Any] = {"resource_id": private.resource["id"], **filled}
        if action == "datapusher_hook":
            data["metadata"] = {"resource_id": data.pop("resource_id")}
        answer = app.post(f"/api/3/action/{action}", json=data, headers=private.headers[role], status=None)
        assert (answer.status_code == 403) == (role in MAY_NOT), (action, answer.text)
        assert role in MAY or "Alice" not in answer.text


@pytest.mark.parametrize("role", [*MAY_NOT, *MAY])
def test_actions_for_readers_are_for_those_who_may_read(role: str, private: Private, app: CKANTestApp) -> None:
    for action in FOR_READERS:
        answer = app.get(
            f"/api/3/action/{action}?id={private.resource['id']}", headers=private.headers[role], status=None
        )
        assert (answer.status_code == 403) == (role in MAY_NOT[:3]), (action, answer.text)


@pytest.mark.parametrize("role", [*MAY_NOT, *MAY])
def test_addresses_are_for_those_who_may_edit(role: str, private: Private, app: CKANTestApp) -> None:
    for method, path in ROUTES:
        below = path.format(private.resource["id"], private.run_id)
        address = f"/dataset/{private.resource['package_id']}/{below}"
        ask = app.get if method == "GET" else app.post
        answer = ask(address, headers=private.headers[role], follow_redirects=False, status=None)
        refused = "/user/login" in answer.headers.get("Location", "") or answer.status_code in (401, 403, 404)
        # there are no rejected rows to download
        assert refused == (role in MAY_NOT or "rejected" in path), (method, path, answer.status_code)
        assert role in MAY or "Alice" not in answer.text


@pytest.mark.parametrize("role", [*MAY_NOT, *MAY])
def test_task_status_has_no_value_for_anybody(role: str, private: Private, app: CKANTestApp) -> None:
    asked = f"entity_id={private.resource['id']}&task_type=datapusher_plus&key=datapusher_plus"
    answer = app.get(f"/api/3/action/task_status_show?{asked}", headers=private.headers[role], status=200)
    assert "ValueDoesNotFit" in answer.text
    assert "Alice" not in answer.text
