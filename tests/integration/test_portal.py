"""What the worker reads from CKAN and writes to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import logic, model, plugins
from ckan.lib import search
from ckan.plugins import toolkit as tk
from ckanext.datapusher.interfaces import IDataPusher as CoreIDataPusher
from sqlalchemy.exc import ProgrammingError

from ckanext.datapusher_plus import portal
from ckanext.datapusher_plus.core.errors import DatastoreManaged, ResourceGone, UploadMissing, UploadUnreadable
from ckanext.datapusher_plus.core.values import ReadOptions, Ticket
from ckanext.datapusher_plus.interfaces import IDataPusher
from tests.fix_ckan import CSV, Act, Runs

Table = dict[str, Any]


class Listener:
    """Says no to everything, and remembers what it was told."""

    told: list[str] = []

    def can_upload(self, resource_id: str) -> bool:
        return False

    def after_upload(self, context: Any, resource_dict: dict[str, Any], dataset_dict: dict[str, Any]) -> None:
        self.told.append(resource_dict["id"])


class Ours(Listener, plugins.SingletonPlugin):
    """Was written for this plugin or DataPusher+."""

    plugins.implements(IDataPusher, inherit=True)


class Core(Listener, plugins.SingletonPlugin):
    """Was written for CKAN's own datapusher."""

    plugins.implements(CoreIDataPusher, inherit=True)


class Both(Listener, plugins.SingletonPlugin):
    """Wants to be sure."""

    plugins.implements(IDataPusher, inherit=True)
    plugins.implements(CoreIDataPusher, inherit=True)


LISTENERS = [
    pytest.param(plugin.__name__, marks=pytest.mark.with_plugins({"listener": plugin}), id=plugin.__name__)
    for plugin in (Ours, Core, Both)
]


class Failing(plugins.SingletonPlugin):
    """Fails after each load."""

    plugins.implements(IDataPusher, inherit=True)

    def after_upload(self, context: Any, resource_dict: dict[str, Any], dataset_dict: dict[str, Any]) -> None:
        raise RuntimeError("secret of the server")


def ticket(resource_id: str) -> Ticket:
    asked = datetime(2026, 1, 1, tzinfo=timezone.utc)
    wishes = {"ignore_hash": False, "dry_run": False, "requested_at": asked, "work_dir": Path("/nowhere")}
    return portal.ticket(run_id="run", resource_id=resource_id, **wishes)


@pytest.fixture
def table(clean_datastore: None, uploaded: dict[str, Any], act: Act) -> Table:
    """A resource whose table was just put in place behind CKAN's back."""
    records = [{"a": 1}, {"a": 2}]
    act("datastore_create", resource_id=uploaded["id"], records=records, force=True, calculate_record_count=False)
    return act("resource_patch", id=uploaded["id"], datastore_active=False)


def publish(table: Table, **more: Any) -> list[str]:
    return portal.publish(table["id"], hash="abc", rows=2, **more)


def views(act: Act, table: Table) -> list[str]:
    return [view["view_type"] for view in act("resource_view_list", id=table["id"])]


def guarded(sentence: str, act: Callable[[], object]) -> str | None:
    try:
        act()
    except RuntimeError:
        return sentence
    return None


def test_a_ticket_holds_the_resource_as_it_is_now(uploaded: dict[str, Any]) -> None:
    made = ticket(uploaded["id"])
    assert (made.name, made.url, made.url_type, made.format) == ("people", "people.csv", "upload", "CSV")
    assert made.package_id == uploaded["package_id"]


def test_a_ticket_of_a_link_has_its_address(dataset: dict[str, Any], act: Act) -> None:
    link = act("resource_create", package_id=dataset["id"], url="https://example.org/a?b=c", format="csv")
    assert (ticket(link["id"]).url, ticket(link["id"]).url_type) == ("https://example.org/a?b=c", "")


def test_a_ticket_says_how_the_file_is_to_be_read(dataset: dict[str, Any], act: Act) -> None:
    asked = {"dpp_sheet": -1, "dpp_null_values": "NA, n/a", "dpp_day_first": True, "dpp_encoding": "klingon"}
    link = act("resource_create", package_id=dataset["id"], url="https://example.org/a.csv", **asked)
    made = ticket(link["id"])
    assert made.options == ReadOptions(sheet="-1", null_values=("NA", "n/a"), day_first=True, languages=("en",))
    assert made.doubts == ("The resource's field dpp_encoding was not understood and is ignored: “klingon”.",)


@pytest.mark.ckan_config("ckan.locale_default", "pl")
@pytest.mark.ckan_config("ckan.locales_offered", "pl de")
def test_a_ticket_has_the_languages_of_the_site(dataset: dict[str, Any], act: Act) -> None:
    link = act("resource_create", package_id=dataset["id"], url="https://example.org/a.csv")
    assert ticket(link["id"]).options.languages == ("de", "pl")


@pytest.mark.parametrize("delete", ["resource_delete", "package_delete"])
def test_a_deleted_resource_has_no_ticket(delete: str, uploaded: dict[str, Any], act: Act) -> None:
    act(delete, id=uploaded["id" if delete == "resource_delete" else "package_id"])
    with pytest.raises(ResourceGone):
        ticket(uploaded["id"])


def test_rows_kept_in_the_datastore_have_no_ticket(dataset: dict[str, Any], act: Act) -> None:
    resource = act("resource_create", package_id=dataset["id"], url="https://example.org", url_type="datastore")
    with pytest.raises(DatastoreManaged):
        ticket(resource["id"])


IN_MEMORY = pytest.param(marks=pytest.mark.ckan_config("ckan.files.storage.default.type", "ckan:memory"), id="memory")
ON_DISK = pytest.param(id="storage on disk")
# without a default storage CKAN falls back to ckan.storage_path
LEGACY = pytest.param(marks=pytest.mark.ckan_config("ckan.files.storage.default.type", "none"), id="ckan.storage_path")


@pytest.fixture
def storage_path(ckan_config: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ckan_config, "ckan.storage_path", str(tmp_path))


@pytest.mark.parametrize((), [IN_MEMORY, ON_DISK, LEGACY])
@pytest.mark.usefixtures("storage_path")
def test_an_uploaded_file_can_be_read(uploaded: dict[str, Any]) -> None:
    with portal.open_upload(uploaded["id"]) as file:
        assert [file.read(4), file.read()] == [CSV[:4], CSV[4:]]


@pytest.mark.parametrize((), [IN_MEMORY, ON_DISK, LEGACY])
@pytest.mark.usefixtures("storage_path")
def test_a_lost_upload_is_told(dataset: dict[str, Any], act: Act) -> None:
    resource = act("resource_create", package_id=dataset["id"], url="a.csv", url_type="upload")
    with pytest.raises(UploadMissing):
        portal.open_upload(resource["id"])


class Elsewhere(plugins.SingletonPlugin):
    """Keeps uploads where only it can read them."""

    plugins.implements(plugins.IUploader, inherit=True)

    def get_resource_uploader(self, data_dict: dict[str, Any]) -> Any:
        return self

    def get_path(self, resource_id: str) -> str:
        return "bucket/key"

    def upload(self, *_: Any) -> None:
        """Keep it."""


@pytest.mark.with_plugins({"elsewhere": Elsewhere})
def test_a_store_that_cannot_be_read_is_told(dataset: dict[str, Any], act: Act) -> None:
    resource = act("resource_create", package_id=dataset["id"], url="a.csv", url_type="upload")
    with pytest.raises(UploadUnreadable, match="Elsewhere"):
        portal.open_upload(resource["id"])


def test_publishing_writes_flag_hash_and_count(table: Table, act: Act) -> None:
    assert publish(table) == []
    shown = act("resource_show", id=table["id"])
    assert (shown["datastore_active"], shown["hash"], shown["total_record_count"]) == (True, "abc", 2)
    assert act("datastore_search", resource_id=table["id"])["total"] == 2


def test_publishing_again_changes_nothing(table: Table, act: Act) -> None:
    publish(table)
    before = act("package_show", id=table["package_id"])
    publish(table)
    assert act("package_show", id=table["package_id"]) == before


@pytest.mark.parametrize("behind", ["absent", "stale"])
def test_publishing_again_catches_up_with_the_search_index(table: Table, act: Act, behind: str) -> None:
    stale = logic.package_show_default_and_custom_schemas({"ignore_auth": True}, table["package_id"])
    publish(table)
    if behind == "absent":
        search.clear(table["package_id"])
    else:
        logic.index_update_package_dicts(stale)
    publish(table)
    [found] = act("package_search", q=f"id:{table['package_id']}")["results"]
    assert found["resources"][0]["total_record_count"] == act("resource_show", id=table["id"])["total_record_count"]


def test_publishing_asks_for_no_load_and_leaves_the_files_time(table: Table, act: Act, runs: Runs) -> None:
    asked = runs()
    publish(table)
    assert runs() == asked
    assert act("resource_show", id=table["id"])["last_modified"] == table["last_modified"]


def test_the_first_load_makes_the_default_views(table: Table, act: Act) -> None:
    publish(table)
    assert views(act, table) == ["datatables_view"]


def test_a_view_that_was_removed_stays_away(table: Table, act: Act) -> None:
    publish(table)
    act("resource_view_delete", id=act("resource_view_list", id=table["id"])[0]["id"])
    publish(table)
    assert views(act, table) == []


def test_views_are_not_made_again_for_a_table_that_was_deleted_and_loaded_again(table: Table, act: Act) -> None:
    publish(table, loaded_before=True)
    assert views(act, table) == []


@pytest.mark.parametrize("name", LISTENERS)
def test_a_plugin_is_told_once_whichever_interface_it_has(
    name: str, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Listener, "told", [])
    publish(table)
    assert Listener.told == [table["id"]]


@pytest.mark.with_plugins({"failing": Failing, "listener": Ours})
def test_a_failing_plugin_is_a_warning_and_the_next_is_told(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listener, "told", [])
    [warning] = publish(table, attempt=guarded)
    assert "The plugin Failing failed after the load" in warning
    assert "secret" not in warning
    assert Listener.told == [table["id"]]


@pytest.mark.parametrize("name", LISTENERS)
def test_a_plugin_can_veto(name: str, uploaded: dict[str, Any]) -> None:
    assert portal.vetoed_by(uploaded["id"]) == name


def test_without_objections_nobody_vetoes(uploaded: dict[str, Any]) -> None:
    assert portal.vetoed_by(uploaded["id"]) is None


class Strict(plugins.SingletonPlugin):
    """Accepts no resource that is marked, as a dataset schema that became stricter."""

    plugins.implements(plugins.IResourceController, inherit=True)

    def before_resource_update(self, context: Any, current: dict[str, Any], resource: dict[str, Any]) -> None:
        if resource.get("hash"):
            raise tk.ValidationError({"licence": ["Missing value"]})


@pytest.mark.with_plugins({"strict": Strict})
def test_a_dataset_that_is_not_valid_any_more_is_a_warning(table: Table, act: Act) -> None:
    [warning] = publish(table)
    assert "not valid any more (Licence: Missing value)" in warning
    assert act("resource_show", id=table["id"])["datastore_active"] is True


@pytest.mark.parametrize("active", [True, False])
def test_the_flag_can_be_set(active: bool, table: Table, act: Act) -> None:
    portal.mark_active(table["id"], active)
    assert bool(act("resource_show", id=table["id"]).get("datastore_active")) is active


def test_marking_a_resource_that_is_gone_does_nothing(clean_db: None) -> None:
    portal.mark_active("6f7a1f0c-0000-4000-8000-000000000001", True)


def test_publishing_a_resource_that_is_gone_is_told(table: Table, act: Act) -> None:
    act("resource_delete", id=table["id"])
    with pytest.raises(ResourceGone):
        publish(table)


def test_an_edit_made_during_the_run_is_not_undone(table: Table, act: Act) -> None:
    seen = model.Resource.get(table["id"])
    with model.ensure_engine().begin() as connection:
        connection.execute(model.resource_table.update().values(description="new words"))
    publish(table)
    assert seen is not None
    assert act("resource_show", id=table["id"])["description"] == "new words"


def test_publishing_can_be_tried_again_after_an_error_of_the_database(table: Table) -> None:
    with pytest.raises(ProgrammingError):
        model.Session.execute(sa.text("SELECT nonsense"))
    assert publish(table) == []
