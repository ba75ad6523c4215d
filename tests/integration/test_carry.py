"""A column was renamed in the file: its words come along when a person asks, by action, command or tab."""

from __future__ import annotations

import json

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from click.testing import CliRunner

from ckanext.datapusher_plus import dictionary_stash
from ckanext.datapusher_plus.cli.stash import stash
from ckanext.datapusher_plus.core.dictionary.model import Column
from ckanext.datapusher_plus.dictionary_stash import history
from tests.tab import Tab

WORDS = {"label": "Height in m", "notes": "of grown trees"}


@pytest.fixture
def renamed(tab: Tab) -> Tab:
    """A table whose described column ``heigth`` is called ``height`` now."""
    fields = [{"id": "tree", "type": "text", "info": {"label": "Tree"}}, {"id": "height", "type": "text"}]
    call_action("datastore_create", resource_id=tab.resource["id"], fields=fields, force=True)
    gone = Column(name="heigth", type="text", comment=" " + json.dumps({"_info": WORDS}))
    dictionary_stash.remember(tab.resource["id"], (gone,))
    return tab


def info(tab: Tab) -> dict[str, str]:
    fields = call_action("datastore_info", id=tab.resource["id"])["fields"]
    return next(field.get("info", {}) for field in fields if field["id"] == "height")


def carry(tab: Tab, **given: object) -> dict[str, list[str]]:
    asked = {"resource_id": tab.resource["id"], "old": "heigth", "new": "height", **given}
    return call_action("datapusher_plus_dictionary_carry", **asked)


def test_the_action_carries_and_keeps_what_was_there(renamed: Tab) -> None:
    assert carry(renamed, dry_run=True) == {"columns": ["height"]}
    assert info(renamed) == {}
    assert carry(renamed) == {"columns": ["height"]}
    assert info(renamed) == WORDS
    assert carry(renamed) == {"columns": []}
    assert [entry.why.value for entry in history.entries(renamed.resource["id"])] == ["restore"]


@pytest.mark.parametrize("given", [{"old": "width"}, {"new": "width"}, {"old": "tree"}])
def test_what_cannot_be_carried_is_told(renamed: Tab, given: dict[str, str]) -> None:
    with pytest.raises(tk.ValidationError, match="The table has no column|Nothing is kept of a column"):
        carry(renamed, **given)


def test_only_those_who_may_edit_carry(renamed: Tab) -> None:
    stranger = factories.UserWithToken()
    asked = {"resource_id": renamed.resource["id"], "old": "heigth", "new": "height"}
    for user in ("", stranger["name"]):
        with pytest.raises(tk.NotAuthorized):
            tk.get_action("datapusher_plus_dictionary_carry")({"user": user}, dict(asked))
    renamed.app.post(
        f"{renamed.path}/dictionary/carry", headers={"Authorization": stranger["token"]}, data=asked, status=403
    )
    assert info(renamed) == {}


def test_the_command_carries(renamed: Tab) -> None:
    said = CliRunner().invoke(stash, ["carry", renamed.resource["id"], "heigth", "height"], catch_exceptions=False)
    assert said.output == "Carried over: heigth to height.\n"
    assert info(renamed) == WORDS


def test_the_tab_offers_it_until_it_is_done(renamed: Tab) -> None:
    page = renamed.page()
    fields = page.select("form:has(button[name=carry]) input")
    form = {str(field["name"]): str(field.get("value", "")) for field in fields}
    assert (form["old"], form["new"]) == ("heigth", "height")
    done = renamed.press(form, f"{renamed.path}/dictionary/carry")
    assert "Brought back: height." in done.get_text()
    assert not done.select("button[name=carry]")
    assert info(renamed) == WORDS
