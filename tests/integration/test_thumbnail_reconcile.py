"""Pictures made and compared in advance: by the sweep, by commands and by actions; and the check of their storage."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp
from ckan.types import Context
from click.testing import CliRunner

from ckanext.datapusher_plus.cli.thumbnails import thumbnails
from ckanext.datapusher_plus.health import pictures as check
from ckanext.datapusher_plus.health.finding import CheckState
from ckanext.datapusher_plus.model import thumbnail
from ckanext.datapusher_plus.recovery import thumbnails as sweep
from ckanext.datapusher_plus.thumbnails import generate, reconcile
from tests.pictures import STATIC, Pictures, execute

STRAY = "0000-stray/small.0a1b2c3d.png"


def spoil(pictures: Pictures) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make a resource without its small file, a deleted resource, and a file without a row; return the resources."""
    kept, gone = pictures.resource(1), pictures.resource(2)
    for each in (kept, gone):
        generate.make(each)
    (pictures.folder / pictures.rows(kept)["small"].path).unlink()
    pictures.change(gone, resource_id="gone")
    stray = pictures.folder / STRAY
    stray.parent.mkdir()
    stray.write_bytes(b"x")
    (pictures.folder / "readme.txt").write_text("not ours")
    return kept, {**gone, "id": "gone"}


def test_rows_files_and_resources_fit_together_again(app: CKANTestApp, pictured: Pictures) -> None:
    kept, gone = spoil(pictured)
    with app.flask_app.test_request_context():
        said = list(reconcile.reconcile())
        assert len(said) == 3
        assert (pictured.rows(gone), pictured.rows(kept)["small"].path) == ({}, "")
        assert pictured.files() == {pictured.rows(kept)["medium"].path, "readme.txt"}
        assert list(reconcile.reconcile()) == []
        generate.make(kept)
    assert len(pictured.files()) == 3


def test_a_dry_run_says_the_same_and_changes_nothing(app: CKANTestApp, pictured: Pictures) -> None:
    spoil(pictured)
    before = pictured.files()
    with app.flask_app.test_request_context():
        dry = list(reconcile.reconcile(dry_run=True))
        assert pictured.files() == before
        wet = list(reconcile.reconcile())
    assert [each.split(" ")[0] for each in dry] == [each.split(" ")[0] for each in wet]


def test_in_a_week_every_resource_is_compared_once(app: CKANTestApp, pictured: Pictures) -> None:
    today = date(2026, 1, 1)
    assert {reconcile.part_of(today + timedelta(days=day)) for day in range(7)} == set(range(reconcile.PARTS))
    resources = pictured.dataset(*range(5))["resources"]
    with app.flask_app.test_request_context():
        for each in resources:
            generate.make(each)
        for path in pictured.files():
            (pictured.folder / path).unlink()
        said = [list(reconcile.reconcile(part)) for part in range(reconcile.PARTS)]
        assert sum(map(len, said)) == 10
        assert sum(1 for each in said if each) > 1


def test_the_sweep_removes_what_is_hidden_each_time_and_compares_once_a_day(
    app: CKANTestApp, pictured: Pictures
) -> None:
    kept, gone = spoil(pictured)
    sweep._looked.clear()
    with app.flask_app.test_request_context():
        assert f"{gone['id']}: it is private or gone; its pictures are removed." in list(sweep.tidy(dry_run=False))
        execute(sa.insert(thumbnail).values(resource_id="unknown", label="small"))
        assert list(sweep.tidy(dry_run=True)) == ["unknown: it is private or gone; its pictures would be removed."]
        assert len(list(sweep.tidy(dry_run=False))) == 1
        assert list(sweep.tidy(dry_run=False)) == []


def test_commands_make_and_compare(app: CKANTestApp, pictured: Pictures) -> None:
    def command(*words: str) -> str:
        with app.flask_app.test_request_context():
            return CliRunner().invoke(thumbnails, words).output

    first, second = pictured.resource(1), pictured.resource(2)
    factories.Resource(format="ZIP", url="http://example.org/a.zip")
    assert "1 with pictures" in command("make", first["package_id"])
    assert pictured.rows(second) == {}
    assert "2 with pictures, 1 without a picture" in command("make")
    assert "All is in order." in command("reconcile")
    (pictured.folder / pictured.rows(first)["small"].path).unlink()
    assert "1 would be repaired." in command("reconcile", "--dry-run")
    assert "There is no dataset 'none'" in command("make", "none")
    pictured.set(thumbnail_sizes=())
    assert "No thumbnail sizes are configured." in command("make")


# actions


def test_an_action_shows_the_state_and_another_makes(pictured: Pictures, app: CKANTestApp) -> None:
    resource = pictured.resource()
    before = json.loads(app.get(f"/api/3/action/datapusher_plus_thumbnail_show?id={resource['id']}").text)["result"]
    assert [each["state"] for each in before["thumbnails"]] == ["missing", "missing"]
    assert before["thumbnails"][0]["url"].startswith(tk.config["ckan.site_url"])
    made = pictured.act("datapusher_plus_thumbnail_make", id=resource["id"], label="small")
    [small] = made["thumbnails"]
    assert (made["kind"], small["state"], small["width"]) == ("image", "ready", 240)
    assert small["url"] == STATIC + pictured.rows(resource)["small"].path
    pictured.change(resource, width=1)
    after = pictured.act("datapusher_plus_thumbnail_show", id=resource["id"])
    assert [each["state"] for each in after["thumbnails"]] == ["stale", "stale"]
    again = pictured.act("datapusher_plus_thumbnail_make", id=resource["id"], again=True)
    assert [each["state"] for each in again["thumbnails"]] == ["ready", "ready"]


def test_actions_refuse_what_they_cannot_do(pictured: Pictures) -> None:
    resource = pictured.resource(owner_org=factories.Organization()["id"])
    with pytest.raises(tk.ValidationError, match="small, medium"):
        pictured.act("datapusher_plus_thumbnail_show", id=resource["id"], label="huge")
    with pytest.raises(tk.ObjectNotFound):
        pictured.act("datapusher_plus_thumbnail_show", id="unknown")
    for action in ("show", "make"):
        context = Context(user=factories.User()["name"], ignore_auth=False)
        asked = {"id": resource["id"]}
        if action == "make":
            with pytest.raises(tk.NotAuthorized):
                tk.get_action("datapusher_plus_thumbnail_make")(context, asked)
        else:
            assert tk.get_action("datapusher_plus_thumbnail_show")(context, asked)["kind"] == "image"


# the check


@pytest.mark.parametrize(
    ("options", "state", "says"),
    [
        ({"thumbnail_sizes": ()}, CheckState.OK, "off"),
        ({}, CheckState.OK, "without CKAN"),
        ({"thumbnail_base_url": ""}, CheckState.OK, "without CKAN"),
        ({"thumbnail_base_url": "", "thumbnail_storage": ""}, CheckState.WARN, "20 requests to CKAN"),
        ({"thumbnail_base_url": "", "thumbnail_storage": "none"}, CheckState.FAIL, "There is no storage 'none'"),
    ],
)
def test_the_check_says_what_pictures_cost(pictured: Pictures, options: Any, state: CheckState, says: str) -> None:
    pictured.set(**options)
    found = check.pictures()
    assert (found.state, says in found.sentence) == (state, True), found
