"""The route that makes pictures of resources: its answers, and when it makes a picture again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp

from ckanext.datapusher_plus.model import run, thumbnail
from ckanext.datapusher_plus.model.database import server_time, transaction
from ckanext.datapusher_plus.thumbnails import draw, generate, source, storage, store
from tests.pictures import STATIC, Pictures, execute, photo

HOUR = timedelta(hours=1)
NO_SIZES = "No thumbnail sizes are configured (ckanext.datapusher_plus.thumbnail_sizes)."


def get(app: CKANTestApp, resource: dict[str, Any], query: str = "?label=small", **options: Any) -> Any:
    return app.get(f"/thumbnail/{resource['id']}{query}", follow_redirects=False, **options)


def head(app: CKANTestApp, path: str) -> Any:
    return app.flask_app.test_client().head(path)


def location(pictures: Pictures, resource: dict[str, Any], label: str = "small") -> str:
    return STATIC + pictures.rows(resource)[label].path


def test_there_is_no_list(app: CKANTestApp, pictured: Pictures) -> None:
    for method in (app.get, app.post):
        answer = method("/thumbnail/", status=405)
        assert answer.headers["Allow"] == "OPTIONS"
    assert app.get("/thumbnail/").text == "There is no list of pictures. Ask for /thumbnail/<resource id>."


def test_the_first_request_makes_the_picture_and_leads_to_it(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    answer = get(app, resource)
    rows = pictured.rows(resource)
    assert (answer.status_code, answer.headers["Location"]) == (302, STATIC + rows["small"].path)
    assert pictured.files() == {row.path for row in rows.values()}
    assert (pictured.folder / rows["small"].path).stat().st_size == rows["small"].size
    assert {label: row.width for label, row in rows.items()} == {"small": 240, "medium": 640}
    assert rows["small"].path.startswith(f"{resource['id']}/small.")


def test_a_browser_may_keep_the_address_for_five_minutes(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    for answer in (get(app, resource), get(app, resource)):
        assert answer.status_code == 302
        kept = answer.cache_control
        assert (kept.private, kept.max_age, kept.public, kept.no_store) == (True, 300, False, False)


def test_without_a_label_the_first_size_is_meant(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    assert get(app, resource, "").headers["Location"] == location(pictured, resource)
    assert get(app, resource, "?label=medium").headers["Location"] == location(pictured, resource, "medium")


def test_an_unknown_label_is_refused_with_the_labels(app: CKANTestApp, pictured: Pictures) -> None:
    answer = get(app, pictured.resource(), "?label=huge", status=400)
    assert answer.text == "There is no size with this label. The labels are: small, medium"
    assert pictured.files() == set()


def test_without_sizes_there_are_no_pictures(app: CKANTestApp, pictured: Pictures) -> None:
    pictured.set(thumbnail_sizes=())
    resource = pictured.resource()
    for query in ("", "?label=small", "?label=huge"):
        assert get(app, resource, query, status=404).text == NO_SIZES


def test_an_unknown_resource_is_not_found(app: CKANTestApp, pictured: Pictures) -> None:
    assert get(app, {"id": "unknown"}, status=404).text == "Resource not found"


@pytest.mark.parametrize("warm", [True, False])
def test_head_is_answered_like_get(app: CKANTestApp, pictured: Pictures, warm: bool) -> None:
    resource = pictured.resource()
    if warm:
        get(app, resource)
    answer = head(app, f"/thumbnail/{resource['id']}?label=small")
    assert (answer.status_code, answer.headers["Location"]) == (302, location(pictured, resource))
    assert answer.cache_control.max_age == 300
    assert head(app, "/thumbnail/").status_code == 405
    assert head(app, f"/thumbnail/{resource['id']}?label=huge").status_code == 400


def test_a_picture_that_is_there_is_not_made_again(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    get(app, resource)
    before = pictured.rows(resource)
    assert get(app, resource).headers["Location"] == location(pictured, resource)
    assert pictured.rows(resource) == before


@pytest.mark.parametrize(
    "change",
    [
        {"path": ""},
        {"path": "  "},
        {"width": 239},
        {"width": 641},
        {"recipe": "image/0"},
        {"source_modified": None, "made_at": datetime(2020, 1, 1, tzinfo=timezone.utc)},
        {"source_modified": datetime(2020, 1, 1, tzinfo=timezone.utc)},
    ],
    ids=str,
)
def test_what_is_out_of_date_is_made_again_in_the_same_row(
    app: CKANTestApp, pictured: Pictures, change: dict[str, Any]
) -> None:
    resource = pictured.resource()
    get(app, resource)
    first = pictured.rows(resource)
    pictured.change(resource, **change)
    assert get(app, resource).headers["Location"] == STATIC + first["small"].path
    second = pictured.rows(resource)
    assert {label: row.path for label, row in second.items()} == {label: row.path for label, row in first.items()}
    assert all(str(row.made_at) > str(first[label].made_at) for label, row in second.items())
    assert (second["small"].width, second["small"].recipe) == (240, draw.recipe_of("image"))


@pytest.mark.parametrize("change", [{"source_modified": None}, {"source_modified": None, "source_hash": None}], ids=str)
def test_an_unknown_time_is_no_sign_of_change(app: CKANTestApp, pictured: Pictures, change: dict[str, Any]) -> None:
    resource = pictured.resource()
    get(app, resource)
    pictured.change(resource, **change)
    before = pictured.rows(resource)
    get(app, resource)
    assert pictured.rows(resource) == before


def test_a_link_without_a_time_keeps_its_picture(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    get(app, resource)
    shown = {**resource, "last_modified": None}
    assert generate.make(shown) == pictured.rows(resource)


def test_an_upload_replaces_the_picture_and_its_file(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource(0x336699)
    get(app, resource)
    old = pictured.rows(resource)
    pictured.act("resource_patch", id=resource["id"], upload=photo(0xCC0000))
    assert get(app, resource).headers["Location"] == location(pictured, resource)
    new = pictured.rows(resource)
    assert new["small"].path != old["small"].path
    assert pictured.files() == {row.path for row in new.values()}
    assert str(new["small"].source_modified) > str(old["small"].source_modified)


def test_a_load_makes_the_picture_of_a_table_out_of_date(pictured: Pictures) -> None:
    resource = {"id": "r1", "datastore_active": True}
    ended = datetime.now(timezone.utc) - HOUR

    def loaded(name: str, at: datetime, state: str = "complete", *, dry_run: bool = False) -> None:
        values = {"id": name, "resource_id": "r1", "state": state, "cause": "submit", "dry_run": dry_run}
        execute(sa.insert(run).values(**values, finished_at=at))

    loaded("one", ended)
    stored = {"resource_id": "r1", "label": "small", "path": "x", "width": 240, "recipe": "table/1"}
    execute(sa.insert(thumbnail).values(**stored, source_modified=ended))
    loaded("failed", ended + HOUR / 4, "error")
    loaded("tried", ended + HOUR / 4, dry_run=True)
    assert source.state_of(resource, "table", store.find(["r1"])["r1"]).modified == ended
    loaded("two", ended + HOUR / 2)
    assert source.state_of(resource, "table", store.find(["r1"])["r1"]).modified == ended + HOUR / 2


# what has no picture


def test_a_resource_of_another_kind_has_no_picture(app: CKANTestApp, pictured: Pictures) -> None:
    resource = factories.Resource(format="ZIP", url="http://example.org/x.zip")
    assert get(app, resource, status=404).text.startswith("There is nothing to picture")
    pictured.set(thumbnail_kinds=frozenset({"pdf"}))
    assert get(app, pictured.resource(), status=404).text.startswith("There is nothing to picture")


def test_an_image_on_a_page_gets_a_neutral_picture_where_there_is_none(app: CKANTestApp, pictured: Pictures) -> None:
    resource = factories.Resource(format="ZIP", url="http://example.org/x.zip")
    accepted = {"Accept": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}
    answer = get(app, resource, status=404, headers=accepted)
    assert (answer.mimetype, answer.data[:4]) == ("image/svg+xml", b"<svg")


def test_that_a_file_has_no_picture_is_remembered_for_this_file(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    upload = photo()
    upload.stream.write(b"this is no image")
    upload.stream.truncate(16)
    upload.stream.seek(0)
    pictured.act("resource_patch", id=resource["id"], upload=upload)
    first = get(app, resource, status=404).text
    rows = pictured.rows(resource)
    assert first == rows["small"].failed == rows["medium"].failed
    assert get(app, resource, status=404).text == first
    assert pictured.rows(resource) == rows
    pictured.act("resource_patch", id=resource["id"], upload=photo())
    assert get(app, resource).headers["Location"] == location(pictured, resource)
    assert pictured.rows(resource)["small"].failed is None


# who may see a picture


@pytest.mark.parametrize("state", ["private", "draft", "deleted"])
def test_what_is_hidden_has_no_picture_for_anybody(app: CKANTestApp, pictured: Pictures, state: str) -> None:
    hidden = {"private": True} if state == "private" else {"state": state}
    resource = pictured.resource(owner_org=factories.Organization()["id"])
    pictured.act("package_patch", id=resource["package_id"], **hidden)
    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    assert get(app, resource, status=404).text == "Resource not found"
    assert get(app, resource, status=404, headers=headers).status_code == 404
    assert (pictured.files(), pictured.rows(resource)) == (set(), {})


@pytest.mark.parametrize("how", ["private", "deleted", "resource", "bulk private", "bulk deleted"])
def test_what_becomes_hidden_loses_its_pictures(app: CKANTestApp, pictured: Pictures, how: str) -> None:
    organization = factories.Organization()["id"]
    resource, other = pictured.resource(owner_org=organization), pictured.resource(0xCC0000)
    get(app, resource)
    get(app, other)
    if how.startswith("bulk"):
        action = f"bulk_update_{'private' if how == 'bulk private' else 'delete'}"
        pictured.act(action, datasets=[resource["package_id"]], org_id=organization)
    elif how == "resource":
        pictured.act("resource_delete", id=resource["id"])
    elif how == "private":
        pictured.act("package_patch", id=resource["package_id"], private=True)
    else:
        pictured.act("package_delete", id=resource["package_id"])
    assert pictured.rows(resource) == {}
    assert pictured.files() == {row.path for row in pictured.rows(other).values()} != set()


def test_a_change_that_is_rolled_back_hides_nothing(app: CKANTestApp, pictured: Pictures) -> None:
    from ckan import model

    resource = pictured.resource()
    get(app, resource)
    package = model.Package.get(resource["package_id"])
    assert package is not None
    package.private = True
    model.Session.flush()
    model.Session.rollback()
    model.Session.commit()
    assert len(pictured.rows(resource)) == len(pictured.files()) == 2


def test_a_dataset_that_is_hidden_while_its_picture_is_made_gets_none(pictured: Pictures) -> None:
    resource = pictured.resource(owner_org=factories.Organization()["id"])
    began = server_time()
    spec = generate.settings.current().thumbnail_sizes[0]
    state = source.state_of(resource, "image", store.Found())
    picture = draw.draw(resource, "image", [240])[240]
    pictured.act("package_patch", id=resource["package_id"], private=True)
    row, unused = generate._row(spec, "image", state, picture), list[str]()
    with pytest.raises(store.NotPublic), transaction() as connection:
        generate.save(connection, [(row, picture)], began, unused)
    assert unused == [row.path] == generate.discard(unused)
    assert (pictured.rows(resource), pictured.files()) == ({}, set())


# many requests at once


@pytest.fixture
def busy(pictured: Pictures) -> Iterator[None]:
    """All places for makers are taken."""
    with ExitStack() as places:
        assert [places.enter_context(store.place()) is not None for _ in range(3)] == [True, True, False]
        yield


def test_while_all_makers_are_busy_there_is_a_neutral_picture(app: CKANTestApp, pictured: Pictures, busy: None) -> None:
    resource = pictured.resource()
    answer = get(app, resource)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/datapusher_plus/thumbnail.svg")
    assert (answer.cache_control.private, answer.cache_control.max_age) == (True, 5)
    with app.get("/datapusher_plus/thumbnail.svg") as neutral:
        assert neutral.mimetype == "image/svg+xml"
    assert pictured.rows(resource) == {}


def test_a_picture_that_is_there_needs_no_place(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    get(app, resource)
    with store.place(), store.place(), store.place() as third:
        assert third is None
        assert get(app, resource).headers["Location"] == location(pictured, resource)


def test_makers_at_once_agree_on_one_picture(app: CKANTestApp, pictured: Pictures) -> None:
    resource = pictured.resource()
    pictured.set(thumbnail_at_once=8)
    together = threading.Barrier(8)

    def make(number: int) -> dict[str, Any]:
        together.wait()
        return _in_a_request(app, lambda: generate.make(resource, again=True))

    with ThreadPoolExecutor(8) as makers:
        made = list(makers.map(make, range(8)))
    stored = pictured.rows(resource)
    assert {row.path for each in made for row in each.values()} == {row.path for row in stored.values()}
    assert pictured.files() == {row.path for row in stored.values()}


def test_the_slower_maker_takes_the_winners_row_and_keeps_its_file(pictured: Pictures) -> None:
    resource = pictured.resource()
    began = server_time()
    winner = generate.make(resource)
    spec = generate.settings.current().thumbnail_sizes[0]
    picture = draw.draw(pictured.resource(0xCC0000), "image", [240])[240]
    loser = generate._row(spec, "image", source.state_of(resource, "image", store.Found()), picture)
    assert loser.path != winner["small"].path
    unused: list[str] = []
    with transaction() as connection:
        assert generate.save(connection, [(loser, picture)], began, unused) == {"small": winner["small"]}
    assert generate.discard(unused) == [loser.path]
    assert pictured.files() == {row.path for row in winner.values()}


def test_a_file_that_another_row_has_meanwhile_stays(pictured: Pictures) -> None:
    winner = generate.make(pictured.resource())
    assert generate.discard([winner["small"].path, "unknown/small.00000000.png", ""]) == ["unknown/small.00000000.png"]
    assert winner["small"].path in pictured.files()


def test_a_crawler_costs_no_more_makers_than_there_are_places(app: CKANTestApp, pictured: Pictures) -> None:
    resources = pictured.dataset(*range(12))["resources"]
    together, most, stop = threading.Barrier(12), [0], threading.Event()

    def watch() -> None:
        while not stop.is_set():
            most[0] = max(most[0], _makers())
            time.sleep(0.001)

    def visit(resource: dict[str, Any]) -> int:
        together.wait()
        answer = app.flask_app.test_client().get(f"/thumbnail/{resource['id']}?label=small")
        return int(answer.cache_control.max_age or 0)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    with ThreadPoolExecutor(12) as crawler:
        kept = list(crawler.map(visit, resources))
    stop.set()
    watcher.join()
    assert set(kept) <= {5, 300}
    assert 5 in kept
    assert 1 <= most[0] <= 2


def _makers() -> int:
    """Return how many places are taken."""
    from ckan import model

    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :ours AND objid > 0 AND granted"
    with model.ensure_engine().begin() as connection:
        return connection.execute(sa.text(query), {"ours": store.LOCKS}).scalar_one()


def _in_a_request(app: CKANTestApp, work: Any) -> Any:
    from ckan import model

    with app.flask_app.test_request_context():
        try:
            return work()
        finally:
            model.Session.remove()


# storages


def test_a_storage_has_addresses_of_its_own(pictured: Pictures, app: CKANTestApp, test_request_context: Any) -> None:
    pictured.set(thumbnail_base_url="")
    resource = pictured.resource()
    answer = get(app, resource)
    path = pictured.rows(resource)["small"].path
    assert answer.headers["Location"] == f"{tk.config['ckan.site_url']}/{path}"


def test_the_beginning_of_addresses_is_learned_once(
    pictured: Pictures, app: CKANTestApp, test_request_context: Any
) -> None:
    pictured.set(thumbnail_base_url="")
    with test_request_context():
        first = storage.address("a/small.00000000.png")
        keeper = storage.opened()
        keeper.settings.public_prefix = "elsewhere"  # pyright: ignore[reportAttributeAccessIssue]
        assert first is not None
        assert storage.address("b/small.11111111.png") == first.replace("a/small.00000000", "b/small.11111111")


def test_without_addresses_the_route_sends_the_picture_itself(app: CKANTestApp, pictured: Pictures) -> None:
    pictured.set(thumbnail_storage="", thumbnail_base_url="")
    resource = pictured.resource()
    answer = get(app, resource)
    row = pictured.rows(resource)["small"]
    assert (answer.status_code, len(answer.data)) == (200, row.size)
    assert (answer.cache_control.private, answer.cache_control.max_age) == (True, 300)
    assert answer.mimetype == storage.content_type(row.path)
    assert pictured.files() == set()
    assert storage.names() is not None
    generate.discard([])
    assert row.path in set(storage.names() or ())


def test_a_storage_that_is_not_configured_is_an_error_for_operators(app: CKANTestApp, pictured: Pictures) -> None:
    pictured.set(thumbnail_storage="elsewhere", thumbnail_base_url="")
    resource = pictured.resource()
    assert get(app, resource, status=404).text == "The storage of pictures is not configured."
    assert pictured.rows(resource) == {}
