"""Earlier Data Dictionaries for those who may edit: the two actions, and their place on the tab."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action

from ckanext.datapusher_plus import dictionary_stash, settings
from ckanext.datapusher_plus.datastore.lock import ResourceLock
from ckanext.datapusher_plus.logic import dictionary as actions
from tests.tab import Tab

HOSTILE = "<script>alert(1)</script><b onclick=alert(2)>"


def write(tab: Tab, **labels: str) -> None:
    """Save the Data Dictionary of two columns, as its form does."""
    info = {name: {"label": labels.get(name, ""), "notes": ""} for name in ("tree", "height")}
    fields = [{"id": name, "type": "text", "info": about} for name, about in info.items()]
    call_action("datastore_create", resource_id=tab.resource["id"], fields=fields, force=True)


def labels(tab: Tab) -> dict[str, str]:
    fields = call_action("datastore_info", id=tab.resource["id"])["fields"]
    return {field["id"]: field.get("info", {}).get("label", "") for field in fields}


def earlier(tab: Tab) -> list[dict[str, Any]]:
    return call_action("datapusher_plus_dictionary_history", resource_id=tab.resource["id"])


def part(page: BeautifulSoup) -> str:
    found = page.select_one("[data-part=earlier]")
    assert found
    return " ".join(found.get_text(" ").split())


def flash(page: BeautifulSoup) -> str:
    return " ".join(" ".join(found.get_text().split()) for found in page.select(".flash-messages"))


def form(page: BeautifulSoup, button: str, entry: int = 0) -> dict[str, str]:
    """Return the fields of the form that a button of an entry sends."""
    found = page.select("[data-entry]")[entry].select(f"form:has(button[name={button}])")
    assert len(found) == 1
    return {str(field["name"]): str(field.get("value", "")) for field in found[0].select("input")}


@pytest.fixture
def edited(tab: Tab) -> Tab:
    """A resource whose Data Dictionary somebody has emptied and another one has begun to write again."""
    write(tab, tree="Tree", height="Height in m")
    write(tab, tree="Baum")
    return tab


def test_an_edit_is_told_with_what_differs_from_now(edited: Tab) -> None:
    [entry] = earlier(edited)
    assert (entry["why"], entry["run_id"], entry["described"], entry["count"]) == ("edit", "", 2, 2)
    assert entry["differences"] == [
        {"column": "tree", "here": True, "then": {"label": "Tree"}, "now": {"label": "Baum"}},
        {"column": "height", "here": True, "then": {"label": "Height in m"}, "now": {}},
    ]
    assert (entry["fill"], entry["replace"], entry["absent"]) == (["height"], ["tree", "height"], [])
    write(edited, tree="x" * 10_000)
    write(edited, tree="y")
    told = earlier(edited)[0]["differences"][0]["then"]["label"]
    assert len(told) == actions.LONGEST


def test_nothing_is_told_of_a_resource_without_edits(tab: Tab) -> None:
    assert earlier(tab) == []
    assert part(tab.page()) == ""


@pytest.mark.parametrize(
    ("wishes", "expected", "left"),
    [
        ({}, {"columns": ["height"], "absent": []}, {"tree": "Baum", "height": "Height in m"}),
        ({"overwrite": True}, {"columns": ["tree", "height"], "absent": []}, {"tree": "Tree", "height": "Height in m"}),
        ({"dry_run": True}, {"columns": ["height"], "absent": []}, {"tree": "Baum", "height": ""}),
    ],
)
def test_an_entry_is_brought_back(
    edited: Tab, wishes: dict[str, bool], expected: dict[str, list[str]], left: dict[str, str]
) -> None:
    [entry] = earlier(edited)
    given = {"resource_id": edited.resource["id"], "entry": entry["id"], **wishes}
    assert call_action("datapusher_plus_dictionary_restore", **given) == expected
    assert {name: text for name, text in labels(edited).items() if name in left} == left
    assert [one["why"] for one in earlier(edited)] == (["restore", "edit"] if wishes.get("overwrite") else ["edit"])


def test_an_entry_that_is_not_there_is_not_found(edited: Tab) -> None:
    for entry in ("../../../etc/passwd", "20260102T030405123456Z-0123abcd", "stash", "1"):
        with pytest.raises(tk.ObjectNotFound, match="no such earlier version"):
            call_action("datapusher_plus_dictionary_restore", resource_id=edited.resource["id"], entry=entry)


def test_only_those_who_may_edit_see_and_bring_back(edited: Tab) -> None:
    resource = {"resource_id": edited.resource["id"]}
    entry = {**resource, "entry": earlier(edited)[0]["id"]}
    stranger = factories.UserWithToken()
    for user in ("", stranger["name"]):
        for action, given in (("history", resource), ("restore", entry)):
            with pytest.raises(tk.NotAuthorized):
                tk.get_action(f"datapusher_plus_dictionary_{action}")({"user": user}, dict(given))
    edited.app.post(f"{edited.path}/dictionary", headers={"Authorization": stranger["token"]}, data=entry, status=403)
    address = f"/api/3/action/datapusher_plus_dictionary_%s?resource_id={edited.resource['id']}"
    assert edited.app.get(address % "history", headers=edited.headers, status=200)
    edited.app.get(f"{address % 'restore'}&entry={entry['entry']}", headers=edited.headers, status=400)
    assert labels(edited)["height"] == ""


def test_the_tab_shows_it_and_fills_in(edited: Tab) -> None:
    page = edited.page()
    assert "Earlier versions of the Data Dictionary 1" in part(page)
    assert "as it was before an edit, 2 columns described 2 columns differ from now" in part(page)
    assert "height Label: Height in m nothing" in part(page)
    done = edited.press(form(page, "fill"), f"{edited.path}/dictionary")
    assert "Brought back: height." in flash(done)
    assert labels(edited) | {"tree": "Baum", "height": "Height in m"} == labels(edited)
    assert not done.select("[data-entry] button[name=fill]"), "nothing is empty any more"


def test_the_tab_replaces_after_asking(edited: Tab) -> None:
    page = edited.page()
    button = page.select_one("[data-entry] button[name=replace]")
    assert button
    assert button.find_parent("details"), "it is there when asked for only"
    done = edited.press(form(page, "replace"), f"{edited.path}/dictionary")
    assert "Brought back: tree, height." in flash(done)
    assert "The same as now." in part(done)
    assert "as it was before an earlier version was brought back, 1 column described" in part(done)


def test_hostile_words_are_shown_as_they_are(edited: Tab) -> None:
    write(edited, tree=HOSTILE)
    write(edited, tree="x")
    page = edited.page()
    assert HOSTILE in part(page)
    assert not page.select("[data-part=earlier] script, [data-part=earlier] b[onclick]")


def test_while_a_load_goes_on_it_is_neither_shown_nor_brought_back(edited: Tab) -> None:
    page = edited.page()
    with ResourceLock(edited.resource["id"]) as run:
        assert run.acquire()
        done = edited.press(form(page, "fill"), f"{edited.path}/dictionary")
    assert "A load or another change of this table is going on" in flash(done)
    edited.start()
    assert part(edited.page()) == ""


def test_the_tab_goes_without_it_when_the_folder_cannot_be_read(
    edited: Tab, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:

    (tmp_path / "file").touch()
    monkeypatch.setattr(settings, "_current", replace(settings.current(), dictionary_stash_dir=tmp_path / "file"))
    assert part(edited.page()) == ""
    with pytest.raises(tk.ValidationError, match="Not a directory"):
        earlier(edited)


def test_a_column_that_is_gone_is_said_to_be(edited: Tab) -> None:
    fields = [{"id": "tree", "type": "text"}]
    call_action("datastore_create", resource_id=edited.resource["id"], fields=fields, delete_fields=True, force=True)
    page = edited.page()
    assert "height not in the table now" in part(page)
    done = edited.press(form(page, "fill", entry=-1), f"{edited.path}/dictionary")
    assert "Not in the table now, so kept until the column comes back: height." in flash(done)
    assert [column.name for column in dictionary_stash.removed(edited.resource["id"])] == ["height"]
