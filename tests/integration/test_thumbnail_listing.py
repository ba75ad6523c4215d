"""Pictures on the site's pages: where they lead to, and how many queries a page makes for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ckan import authz
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp

from ckanext.datapusher_plus.thumbnails import generate, listing
from tests.pictures import STATIC, Pictures, images, queries, sources


def warm(pictures: Pictures, *resources: dict[str, Any]) -> list[str]:
    """Make pictures, and return the addresses of the small ones."""
    return [STATIC + generate.make(each)["small"].path for each in resources]


def route(resource: dict[str, Any], label: str = "small") -> str:
    return f"/thumbnail/{resource['id']}?label={label}"


def test_warm_cards_lead_to_the_storage_and_cold_ones_to_the_route(app: CKANTestApp, pictured: Pictures) -> None:
    hot, cold, stale = (pictured.resource(colour) for colour in (1, 2, 3))
    [address, _] = warm(pictured, hot, stale)
    pictured.change(stale, width=239)
    with queries() as made:
        page = app.get("/dataset/").text
    assert sorted(sources(page)) == sorted([address, route(cold), route(stale)])
    assert len(made) == 1


@pytest.mark.parametrize("count", [1, 20, 40])
def test_a_page_makes_one_query_whatever_its_length(app: CKANTestApp, pictured: Pictures, count: int) -> None:
    for number in range(count):
        factories.Resource(format="PNG", url=f"http://example.org/{number}.png", name=f"r{number}")
    page_size = {"rows": count}
    with queries() as made, app.flask_app.test_request_context():
        found = tk.get_action("package_search")({}, page_size)["results"]
        assert all(listing.addresses(each) for package in found for each in package["resources"])
    assert (len(found), len(made)) == (count, 1)


def test_the_results_of_a_search_have_the_addresses(pictured: Pictures, app: CKANTestApp) -> None:
    hot, cold = pictured.resource(1), pictured.resource(2)
    [address] = warm(pictured, hot)
    results = json.loads(app.get("/api/3/action/package_search").text)["result"]["results"]
    found = {each["id"]: each[listing.KEY] for package in results for each in package["resources"]}
    assert found[hot["id"]]["small"] == address
    assert found[cold["id"]] == {label: route(cold, label) for label in ("small", "medium")}


def test_what_a_client_sends_back_is_not_stored(pictured: Pictures, app: CKANTestApp) -> None:
    pictured.resource()
    [package] = json.loads(app.get("/api/3/action/package_search").text)["result"]["results"]
    pictured.act("package_update", **package)
    [shown] = pictured.act("package_show", id=package["id"])["resources"]
    assert listing.KEY not in shown


def test_without_prefetch_the_route_is_shown_without_a_query(pictured: Pictures, app: CKANTestApp) -> None:
    resource = pictured.resource()
    warm(pictured, resource)
    with app.flask_app.test_request_context(), queries() as made:
        assert listing.addresses(resource) == {label: route(resource, label) for label in ("small", "medium")}
        assert listing.addresses({**resource, "format": "ZIP", "url": "x.zip", "mimetype": ""}) is None
        assert listing.addresses(resource, {"private": True}) is None
        assert listing.addresses(resource, {"state": "draft"}) is None
    assert made == []


def test_a_resource_whose_picture_failed_shows_its_format(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    warm(pictured, resource)
    pictured.change(resource, failed="It has none.", path="")
    page = app.get("/dataset/").text
    assert sources(page) == []
    assert '<span class="dpp-thumbnail dpp-thumbnail-none" aria-hidden="true">PNG</span>' in page


def test_a_dataset_shows_its_first_resource_that_has_a_picture(app: CKANTestApp, pictured: Pictures) -> None:
    dataset = factories.Dataset()
    factories.Resource(package_id=dataset["id"], format="ZIP", url="http://example.org/a.zip")
    resource = factories.Resource(package_id=dataset["id"], format="PNG", url="http://example.org/a.png", name="photo")
    [image] = images(app.get("/dataset/").text)
    assert image["src"] == route(resource)
    assert image["srcset"] == f"{route(resource)} 240w, {route(resource, 'medium')} 640w"
    assert (image["loading"], image["width"], image["height"]) == ("lazy", "160", "90")
    assert image["alt"] == "Picture of photo"


@pytest.mark.parametrize("kind", ["organization", "group"])
def test_organizations_and_groups_show_pictures_too(app: CKANTestApp, pictured: Pictures, kind: str) -> None:
    group = factories.Organization() if kind == "organization" else factories.Group()
    fields: dict[str, Any] = (
        {"owner_org": group["id"]} if kind == "organization" else {"groups": [{"name": group["name"]}]}
    )
    resource = pictured.resource(**fields)
    [address] = warm(pictured, resource)
    with queries() as made:
        assert sources(app.get(f"/{kind}/{group['name']}").text) == [address]
    assert len(made) == 1


def test_the_list_of_resources_shows_pictures_by_one_query(app: CKANTestApp, pictured: Pictures) -> None:
    dataset = pictured.dataset(1, 2, 3)
    addresses = warm(pictured, *dataset["resources"][:2])
    with queries() as made:
        page = app.get(f"/dataset/{dataset['name']}").text
    assert sources(page) == [*addresses, route(dataset["resources"][2])]
    assert len(made) == 1


def test_without_sizes_pages_are_as_they_were(app: CKANTestApp, pictured: Pictures) -> None:
    dataset = pictured.dataset(1)
    pictured.set(thumbnail_sizes=())
    with queries() as made:
        pages = app.get("/dataset/").text + app.get(f"/dataset/{dataset['name']}").text
    assert "dpp-thumbnail" not in pages
    assert "dpp-pictured" not in pages
    assert made == []


@pytest.mark.parametrize("kind", ["private", "draft"])
def test_hidden_datasets_have_no_pictures_even_for_those_who_see_them(
    app: CKANTestApp, pictured: Pictures, kind: str
) -> None:
    user = factories.SysadminWithToken()
    fields = {"private": True, "owner_org": factories.Organization()["id"]} if kind == "private" else {"state": "draft"}
    dataset = pictured.dataset(1, **fields)
    headers = {"Authorization": user["token"]}
    for path in ("/dataset/", f"/dataset/{dataset['name']}"):
        assert sources(app.get(path, headers=headers).text) == []
    asked = "/api/3/action/package_search?include_private=true&include_drafts=true"
    [package] = json.loads(app.get(asked, headers=headers).text)["result"]["results"]
    assert [each[listing.KEY] for each in package["resources"]] == [None]


@tk.auth_allow_anonymous_access
def embargo(context: Any, data_dict: Any) -> dict[str, Any]:
    """A site's own rule: nobody without a login may read resources."""
    del data_dict
    return {"success": bool(context.get("user"))}


def test_rules_of_plugins_count(app: CKANTestApp, pictured: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pictured.resource()
    warm(pictured, resource)
    assert authz._AuthFunctions.get("resource_show") is not None
    monkeypatch.setitem(authz._AuthFunctions._functions, "resource_show", embargo)
    assert sources(app.get("/dataset/").text) == []
    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    answer = app.get(route(resource), headers=headers, status=404)
    assert answer.text == "Only resources that everybody may read have pictures."
