"""The tab on the running portal, with a login, a worker and real files."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from tests.servers import RunningStack


@dataclass(frozen=True, kw_only=True)
class Person:
    """A sysadmin in front of a browser."""

    stack: RunningStack
    session: requests.Session

    def api(self, action_: str, files: Any = None, **data: Any) -> Any:
        """Call an action as a program does."""
        address = f"{self.stack.ckan_url}/api/3/action/{action_}"
        headers = {"Authorization": self.stack.sysadmin_token}
        if files:
            reply = requests.post(address, data=data, files=files, headers=headers, timeout=60)
        else:
            reply = requests.post(address, json=data, headers=headers, timeout=60)
        assert reply.ok, reply.text
        return reply.json()["result"]

    def upload(self, content: str) -> str:
        """Upload a file to a new resource and return the path of its tab."""
        dataset = self.api("package_create", name=f"tab-{uuid.uuid4().hex[:8]}", owner_org=self._organization())
        files = {"upload": ("trees.csv", content)}
        resource = self.api("resource_create", files=files, package_id=dataset["id"], name="trees", format="CSV")
        return f"/dataset/{dataset['name']}/resource_data/{resource['id']}"

    def _organization(self) -> str:
        return self.api("organization_create", name=f"tab-{uuid.uuid4().hex[:8]}")["id"]

    def page(self, path: str) -> BeautifulSoup:
        """Return a page."""
        reply = self.session.get(self.stack.ckan_url + path, timeout=60)
        assert reply.ok, reply.text
        return BeautifulSoup(reply.text, "html.parser")

    def press(self, path: str, page: BeautifulSoup, **changes: str) -> requests.Response:
        """Send the page's first form on the tab as it stands, but for the changes."""
        [form] = page.select(".dpp form")[:1]
        fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[type=hidden]")}
        return self.session.post(self.stack.ckan_url + path, data={**fields, **changes}, timeout=60)

    def settled(self, path: str, *, patience: float = 90) -> BeautifulSoup:
        """Return the tab once no run is open any more."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            page = self.page(path)
            if not page.select(".dpp[data-open]") and "Not loaded yet" not in words(page):
                return page
            time.sleep(0.5)
        pytest.fail(f"after {patience} s the tab still says: {words(self.page(path))}")


def words(page: BeautifulSoup) -> str:
    return " ".join(page.select(".dpp-state")[0].get_text(" ").split())


@pytest.fixture
def person(stack: RunningStack) -> Iterator[Person]:
    """Log in through the form."""
    password = uuid.uuid4().hex
    with requests.Session() as session:
        person = Person(stack=stack, session=session)
        name = f"person-{password[:8]}"
        person.api("user_create", name=name, email=f"{name}@example.org", password=password)
        person.api("user_patch", id=name, sysadmin=True)
        token = person.page("/user/login").select("input[name=_csrf_token]")[0]["value"]
        form = {"login": name, "password": password, "_csrf_token": str(token)}
        assert session.post(f"{stack.ckan_url}/user/login", data=form, timeout=60).ok
        yield person
        person.api("user_delete", id=name)


@pytest.mark.smoke
def test_a_file_is_loaded_and_told(person: Person) -> None:
    page = person.settled(person.upload("tree,height\nOak,21.5\nElm,18\n"))
    assert "The table has 2 rows in 2 columns." in words(page)
    assert [row.get_text(" ", strip=True) for row in page.select("tbody tr")] == [
        "tree Text text",
        "height Number numeric",
    ]


def test_a_broken_file_is_told_and_can_be_tried_again(person: Person) -> None:
    path = person.upload("tree,height\nOak\nElm,18\n")
    page = person.settled(path)
    assert "Line 2 has 1 field" in words(page)
    assert person.press(path, page).ok
    assert "Line 2 has 1 field" in words(person.settled(path))


def test_a_form_without_its_token_is_refused(person: Person) -> None:
    path = person.upload("tree\nOak\n")
    page = person.settled(path)
    assert person.press(path, page, _csrf_token="forged").status_code == 400


#: below the dataset, of every form of the tab
FORMS = (
    "resource_data/{0}",
    "delete-datastore/{0}",
    "resource_data/{0}/dictionary",
    "resource_data/{0}/dictionary/carry",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("header", [True, False], ids=["after a program", "after anybody"])
def test_a_login_cookie_needs_the_token_whoever_came_before(person: Person, form: str, header: bool) -> None:
    path = person.upload("tree\nOak\n")
    page = person.settled(path)
    dataset, resource_id = path.split("/")[2], path.split("/")[-1]
    address = f"{person.stack.ckan_url}/dataset/{dataset}/{form.format(resource_id)}"
    known = {"Authorization": person.stack.sysadmin_token} if header else {}
    before = requests.post(address, headers=known, timeout=60)
    assert before.status_code == (200 if header else 403)
    person.settled(path)
    told = person.api("datapusher_status", resource_id=resource_id)
    for token in ({}, {"_csrf_token": ""}, {"_csrf_token": "forged"}):
        assert person.session.post(address, data=token, timeout=60).status_code == 400
    assert person.api("datapusher_status", resource_id=resource_id) == told
    token = {"_csrf_token": str(page.select("input[name=_csrf_token]")[0]["value"])}
    assert person.session.post(address, data=token, timeout=60).ok
