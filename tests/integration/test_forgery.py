"""Forged forms: another site makes a visitor's browser send one of our forms, which the browser's cookies identify."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model
from ckan import plugins as p
from ckan.common import login_user
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp, call_action
from flask_login import encode_cookie

from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database

pytestmark = pytest.mark.usefixtures("loaded")

#: kind of header -> its `Authorization` header, except those that `header` makes
WRONG: dict[str, dict[str, str]] = {
    "without": {},
    "empty": {"Authorization": ""},
    "no token": {"Authorization": "not a token"},
    "basic": {"Authorization": "Basic YTpi"},
    "revoked": {},
    "somebody else's": {},
}


class SingleSignOn(p.SingletonPlugin):
    """Logs in whom a cookie of its own names, in CKAN's hook for plugins, after CKAN itself found nobody."""

    p.implements(p.IAuthenticator, inherit=True)

    def identify(self) -> None:
        """Log the user in, as plugins for single sign-on do."""
        found = model.User.get(tk.request.cookies.get("sign-on"))
        if found and not tk.current_user.is_authenticated:
            login_user(found)
            tk.g.user, tk.g.userobj = found.name, found


@pytest.fixture
def sysadmin() -> dict[str, Any]:
    return factories.Sysadmin()


@pytest.fixture
def resource() -> dict[str, Any]:
    """A resource with a table, which a load or any of our forms could change."""
    dataset = factories.Dataset(owner_org=factories.Organization()["id"])
    made = factories.Resource(package_id=dataset["id"], url="http://example.org/a.pdf", format="PDF")
    call_action("datastore_create", resource_id=made["id"], fields=[{"id": "a"}], records=[{"a": "1"}], force=True)
    return made


@pytest.fixture
def forms(app: CKANTestApp, resource: dict[str, Any]) -> Iterator[list[str]]:
    """The addresses of all forms of the package. Somebody without a login has sent each, so CKAN checks none."""
    flask = app.flask_app
    ours = [
        rule.endpoint
        for rule in flask.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and rule.rule != "/thumbnail/"  # which no method may use
        and flask.view_functions[rule.endpoint].__module__.startswith("ckanext.datapusher_plus")
    ]
    known = {"id": resource["package_id"], "resource_id": resource["id"], "draft": 1, "column": 1}
    with flask.test_request_context():
        found = [tk.url_for(each, **_only(flask, each, known)) for each in ours]
    for address in found:
        app.post(address, follow_redirects=False)
    yield found
    app.client = app.test_client()


def _only(flask: Any, endpoint: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return the values that the rule of an endpoint names."""
    [rule] = [each for each in flask.url_map.iter_rules(endpoint) if "POST" in (each.methods or ())]
    return {name: known[name] for name in rule.arguments}


def identify(app: CKANTestApp, by: str, user: dict[str, Any]) -> None:
    """Begin a new browser with the cookie by which it is identified, and no other."""
    app.client, site = app.test_client(), tk.config["ckan.site_url"]
    if by == "session":
        with app.client.session_transaction(base_url=site) as session:
            session.update({"_user_id": user["id"], "_fresh": True})
        return
    with app.flask_app.test_request_context():
        name, value = {
            "remember-me": (tk.config["REMEMBER_COOKIE_NAME"], encode_cookie(user["id"])),
            "sign-on": ("sign-on", user["id"]),
        }[by]
    app.client.set_cookie(name, value, domain=urlsplit(site).hostname or "")


def header(kind: str, user: dict[str, Any]) -> dict[str, str]:
    """Return the `Authorization` header of a kind of WRONG."""
    if kind not in ("revoked", "somebody else's"):
        return WRONG[kind]
    owner = user if kind == "revoked" else factories.User()
    token = call_action("api_token_create", user=owner["name"], name=kind)["token"]
    if kind == "revoked":
        call_action("api_token_revoke", token=token)
    return {"Authorization": token}


def state(resource: dict[str, Any]) -> tuple[Any, ...]:
    """Return what our forms could change."""
    with database.transaction() as connection:
        runs = connection.execute(sa.select(run.c.id, run.c.state).where(run.c.resource_id == resource["id"])).all()
    shown = call_action("resource_show", id=resource["id"])
    return runs, shown["datastore_active"], call_action("package_show", id=resource["package_id"])["private"]


def is_refused(answer: Any) -> bool:
    """Return whether a form was refused because of its CSRF token."""
    return answer.status_code == 400 and "CSRF" in answer.text


def check(app: CKANTestApp, by: str, kind: str, user: dict[str, Any], about: tuple[dict[str, Any], list[str]]) -> None:
    """Send every form without and with a wrong CSRF token, and then with the right one."""
    resource, forms = about
    before, sent = state(resource), header(kind, user)
    for address in forms:
        for token in ({}, {"_csrf_token": "forged"}):
            # each time as the first request of this browser, without what a request before left in the session
            identify(app, by, user)
            answer = app.post(address, data=token, headers=sent, follow_redirects=False)
            if kind == "somebody else's":
                # the caller's token is right, so no CSRF token is needed, but this user may not change anything
                assert not is_refused(answer), address
            else:
                assert is_refused(answer), address
    assert state(resource) == before
    page = BeautifulSoup(app.get(f"/dataset/{resource['package_id']}/resource_data/{resource['id']}").text, "lxml")
    token = {"_csrf_token": str(page.select(".dpp input[name=_csrf_token]")[0]["value"])}
    assert [address for address in forms if is_refused(app.post(address, data=token, follow_redirects=False))] == []


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("by", ["session", "remember-me"])
def test_a_cookie_needs_the_token_whatever_the_header_is(
    by: str, kind: str, app: CKANTestApp, sysadmin: dict[str, Any], resource: dict[str, Any], forms: list[str]
) -> None:
    assert len(forms) >= 6
    check(app, by, kind, sysadmin, (resource, forms))


@pytest.mark.provide_plugin("sign_on", SingleSignOn)
@pytest.mark.with_plugins("sign_on")
@pytest.mark.parametrize("kind", ["without", "no token"])
def test_a_user_whom_a_plugin_logs_in_needs_the_token(
    kind: str, app: CKANTestApp, sysadmin: dict[str, Any], resource: dict[str, Any], forms: list[str]
) -> None:
    check(app, "sign-on", kind, sysadmin, (resource, forms))
