"""The ``dpp_*`` fields of a resource: clients that do not know them leave them, and a change of one starts a load."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories

from ckanext.datapusher_plus.runs import claim
from tests.fix_ckan import Act, Runs, Upload

Change = Callable[..., None]
UNKNOWN = ("dpp_sheet", "dpp_decimal", "datastore_active", "metadata_modified")


@pytest.fixture
def resource(dataset: dict[str, Any], act: Act, upload: Upload, runs: Runs) -> dict[str, Any]:
    """A resource with two fields, whose first load has begun."""
    fields = {"dpp_sheet": "Data", "dpp_decimal": ","}
    made = act("resource_create", package_id=dataset["id"], name="people", upload=upload(), **fields)
    claim.claim(runs()[0]["id"], flow_run_id="f", worker="w")
    return made


def known(resource: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return what a client sends that does not know the fields."""
    return {name: value for name, value in resource.items() if name not in UNKNOWN} | changed


def by_resource_update(act: Act, resource: dict[str, Any], **changed: Any) -> None:
    act("resource_update", **known(resource, **changed))


def by_resource_patch(act: Act, resource: dict[str, Any], **changed: Any) -> None:
    act("resource_patch", id=resource["id"], **changed)


def by_package_update(act: Act, resource: dict[str, Any], **changed: Any) -> None:
    whole = act("package_show", id=resource["package_id"])
    # another resource comes before it
    other = {"url": "https://example.org/a.pdf", "format": "PDF"}
    act("package_update", **{**whole, "resources": [other, known(resource, **changed)]})


def by_package_patch(act: Act, resource: dict[str, Any], **changed: Any) -> None:
    act("package_patch", id=resource["package_id"], resources=[known(resource, **changed)])


def by_package_revise(act: Act, resource: dict[str, Any], **changed: Any) -> None:
    act("package_revise", match={"id": resource["package_id"]}, update__resources__0=changed)


def by_package_revise_of_all(act: Act, resource: dict[str, Any], **changed: Any) -> None:
    without = ["+resources__0__id", "-resources__0__*"]
    new = {"update__resources__0": {"url": resource["url"], "url_type": "upload", "format": "CSV", **changed}}
    act("package_revise", match={"id": resource["package_id"]}, filter=without, **new)


CLIENTS = [by_resource_update, by_resource_patch, by_package_update, by_package_patch, by_package_revise]
every_client = pytest.mark.parametrize(
    "change", [*CLIENTS, by_package_revise_of_all], ids=lambda change: change.__name__
)


def fields(act: Act, resource: dict[str, Any]) -> dict[str, Any]:
    shown = act("resource_show", id=resource["id"])
    return {name: value for name, value in shown.items() if name.startswith("dpp_")}


@every_client
def test_a_client_that_does_not_know_the_fields_leaves_them(
    change: Change, resource: dict[str, Any], act: Act, runs: Runs
) -> None:
    change(act, resource, name="renamed")
    assert act("resource_show", id=resource["id"])["name"] == "renamed"
    assert fields(act, resource) == {"dpp_sheet": "Data", "dpp_decimal": ","}
    assert len(runs()) == 1


@every_client
def test_an_empty_value_clears_a_field_and_starts_a_load(
    change: Change, resource: dict[str, Any], act: Act, runs: Runs
) -> None:
    change(act, resource, dpp_sheet="")
    assert fields(act, resource) == {"dpp_decimal": ","}
    assert [row["cause"] for row in runs()] == ["upload", "options"]


@every_client
def test_a_field_that_is_set_starts_a_load(change: Change, resource: dict[str, Any], act: Act, runs: Runs) -> None:
    change(act, resource, dpp_sheet="Other", dpp_day_first="true")
    assert fields(act, resource) == {"dpp_sheet": "Other", "dpp_decimal": ",", "dpp_day_first": "true"}
    assert [row["cause"] for row in runs()] == ["upload", "options"]


def test_the_web_form_leaves_the_fields(resource: dict[str, Any], act: Act, app: Any, runs: Runs) -> None:
    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    address = tk.url_for("dataset_resource.edit", id=resource["package_id"], resource_id=resource["id"])
    form = {
        "id": resource["id"],
        "url": "people.csv",
        "url_type": "upload",
        "format": "CSV",
        "name": "new",
        "save": "x",
    }
    app.post(address, headers=headers, data=form)
    assert (act("resource_show", id=resource["id"])["name"], len(runs())) == ("new", 1)
    app.post(address, headers=headers, data={**form, "upload": (io.BytesIO(b"a\n1\n"), "next.csv")})
    assert fields(act, resource) == {"dpp_sheet": "Data", "dpp_decimal": ","}
    assert [row["cause"] for row in runs()] == ["upload", "upload"]


def test_a_field_of_a_resource_that_is_not_loaded_starts_nothing(dataset: dict[str, Any], act: Act, runs: Runs) -> None:
    made = act("resource_create", package_id=dataset["id"], url="https://example.org/a.pdf", format="PDF")
    act("resource_patch", id=made["id"], dpp_sheet="Data")
    assert (fields(act, made), runs()) == ({"dpp_sheet": "Data"}, [])


def test_what_a_load_has_published_is_left_by_clients_and_removed_by_a_load(
    dataset: dict[str, Any], act: Act, upload: Upload
) -> None:
    from ckanext.datapusher_plus.portal import publish
    from ckanext.datapusher_plus.recovery.late_publish import guarded

    made = act("resource_create", package_id=dataset["id"], name="people", upload=upload())
    published = {"dpp_duplicates": 0, "preview": True, "preview_rows": 3}
    publish(made["id"], hash="h", rows=3, fields=published, loaded_before=True, attempt=guarded)
    by_resource_update(act, {name: value for name, value in made.items() if name not in published}, name="renamed")
    saved = act("resource_show", id=made["id"])
    assert {name: saved.get(name) for name in published} == published
    publish(made["id"], hash="h", rows=3, fields=dict.fromkeys(published), loaded_before=True, attempt=guarded)
    assert set(published) & set(act("resource_show", id=made["id"])) == set()
