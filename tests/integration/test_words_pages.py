"""The pages on which people describe columns: who may see them, what they save, and that texts stay texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp, call_action

from tests.fix_words import Portal
from tests.profiles import Profiled

HOSTILE = "<script>alert(1)</script>\"' {{ 7*7 }} Größe العمر"
# CKAN refuses double quotes in names of columns
NAME = HOSTILE.replace('"', "")
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def table(words: Portal, editor_with_token: dict[str, Any]) -> dict[str, Any]:
    """A table in an organization of which the user is an editor."""
    organization = words.organization(editor=editor_with_token["name"])
    return words.table(organization, [NAME, "b"], title=HOSTILE)


@pytest.fixture
def editor_with_token(words: Portal) -> dict[str, Any]:
    return factories.UserWithToken()


@pytest.fixture
def ask(app: CKANTestApp, editor_with_token: dict[str, Any]) -> Callable[..., Any]:
    """Get a page as the editor, or send a form."""

    def run(path: str, form: Any = None, *, token: str | None = None, status: int | None = 200) -> BeautifulSoup:
        token = editor_with_token["token"] if token is None else token
        headers = {"Authorization": token} if token else {}
        how = {"headers": headers, "status": status, "follow_redirects": status == 200}
        answer = app.get(path, **how) if form is None else app.post(path, data=form, **how)
        return BeautifulSoup(answer.text, "html.parser")

    return run


def info(table: dict[str, Any], place: int) -> dict[str, Any]:
    return call_action("datastore_info", id=table["resource"])["fields"][place].get("info", {})


def filled(page: BeautifulSoup) -> dict[str, Any]:
    """Return the fields of the form on the page of one column."""
    fields = page.select("#dpp-words input[type=hidden], #dpp-words input[type=text]")
    [notes] = page.select("#dpp-words textarea")
    return {**{str(each["name"]): each.get("value", "") for each in fields}, "notes": notes.text.strip()}


# /dashboard/words


def test_a_column_is_described_without_javascript_and_the_next_is_shown(
    words: Portal, table: dict[str, Any], ask: Any
) -> None:
    words.draft(table["columns"][NAME], "A draft")
    page = ask("/dashboard/words")
    form = filled(page)
    assert form["_csrf_token"]
    assert int(form["column_id"]) == table["columns"][NAME]
    draft = page.select_one(".dpp-draft input[name=used]")["value"]
    page = ask("/dashboard/words/save", {**form, "used": draft, "notes": "N", "unit": "km"})
    assert info(table, 0) == {"label": "A draft", "notes": "N", "unit": "km"}
    assert words.sql("SELECT state FROM datapusher_plus_annotation") == [("accepted",)]
    assert int(filled(page)["column_id"]) == table["columns"]["b"]
    page = ask("/dashboard/words/skip", filled(page))
    assert "no column to describe" in page.text
    assert page.select("#dpp-words") == []


def test_names_titles_and_drafts_stay_texts(words: Portal, table: dict[str, Any], ask: Any) -> None:
    words.draft(table["columns"][NAME], HOSTILE)
    page = ask("/dashboard/words")
    assert [each.text for each in page.select("h1 bdi")] == [NAME]
    assert HOSTILE in page.select_one(".dpp-place").text
    assert page.select_one("[data-value]").text == HOSTILE
    assert "alert(1)" not in "".join(each.text for each in page.select("script"))


def test_what_was_typed_is_not_lost_when_another_editor_has_the_column(
    words: Portal, table: dict[str, Any], ask: Any
) -> None:
    form = filled(ask("/dashboard/words"))
    other = factories.UserWithToken()
    call_action("organization_member_create", id=organization_of(table), username=other["name"], role="editor")
    words.sql("UPDATE datapusher_plus_queue SET claimed_by = 'x', claimed_until = now() + interval '1 h'")
    page = ask("/dashboard/words/save", {**form, "label": "Mine", "notes": "<b>typed</b>"}, status=409)
    assert "another editor" in page.select_one("[role=alert]").text
    assert (filled(page)["label"], filled(page)["notes"]) == ("Mine", "<b>typed</b>")
    assert page.select_one("#dpp-words button.btn-primary") is None
    assert info(table, 0) == {}


def organization_of(table: dict[str, Any]) -> str:
    return call_action("package_show", id=table["package"])["owner_org"]


def test_a_column_that_has_vanished_is_named(words: Portal, table: dict[str, Any], ask: Any) -> None:
    form = filled(ask("/dashboard/words"))
    call_action("datastore_delete", resource_id=table["resource"], force=True)
    page = ask("/dashboard/words/save", {**form, "label": "Mine"}, status=409)
    assert "Nothing was saved" in page.select_one("[role=alert]").text
    assert filled(page)["label"] == "Mine"


def test_an_empty_form_is_not_saved(table: dict[str, Any], ask: Any) -> None:
    page = ask("/dashboard/words/save", filled(ask("/dashboard/words")), status=409)
    assert "Write a label" in page.select_one("[role=alert]").text
    assert page.select_one("#dpp-words button.btn-primary").text == "Save and next"


@pytest.mark.parametrize("form", [{}, {"column_id": "x"}, {"column_id": "9" * 30}])
@pytest.mark.parametrize("path", ["save", "skip"])
def test_a_broken_form_is_refused(words: Portal, ask: Any, path: str, form: dict[str, str]) -> None:
    ask(f"/dashboard/words/{path}", form, status=400)


@pytest.fixture
def away(words: Portal, table: dict[str, Any]) -> Iterator[None]:
    """The columns to describe are in tables that are not there, as before `ckan db upgrade`."""
    for name in ("queue", "column"):
        words.sql(f"ALTER TABLE datapusher_plus_{name} RENAME TO away_{name}")
    yield
    for name in ("queue", "column"):
        words.sql(f"ALTER TABLE away_{name} RENAME TO datapusher_plus_{name}")


@pytest.mark.usefixtures("away")
def test_before_the_migration_pages_say_so_and_keep_what_was_typed(table: dict[str, Any], ask: Any) -> None:
    assert "datapusher_plus" in ask("/dashboard/words", status=503).text
    page = ask("/dashboard/words/save", {"column_id": "1", "label": "typed", "notes": "much"}, status=503)
    assert "much" in page.text
    organization = call_action("package_show", id=table["package"])["owner_org"]
    assert "db upgrade" in ask(f"/organization/{organization}/words", status=503).text


def test_strangers_see_and_save_nothing(table: dict[str, Any], ask: Any) -> None:
    stranger = factories.UserWithToken()["token"]
    form = {"column_id": table["columns"]["b"], "label": "Theirs"}
    assert "no column to describe" in ask("/dashboard/words", token=stranger).text
    ask("/dashboard/words/save", form, token=stranger, status=403)
    ask("/dashboard/words/skip", form, token=stranger, status=403)
    ask("/dashboard/words", token="", status=302)
    ask("/dashboard/words/save", form, token="", status=403)
    assert info(table, 1) == {}


# /organization/<id>/words


def test_editors_see_the_progress_of_their_organization(words: Portal, table: dict[str, Any], ask: Any) -> None:
    organization = organization_of(table)
    words.edit(table["resource"], [NAME, ("b", {"label": "B", "notes": "N"})])
    page = ask(f"/organization/{organization}/words")
    assert "1 of 2 columns are described" in page.text
    assert [re.sub(r"\s+", " ", each.text).strip() for each in page.select("tbody td")][0] == "1 / 2"
    assert page.select_one("tbody th").text.strip() == HOSTILE
    assert page.select("a[href*='/organization/'][href$='/words']")
    stranger = factories.UserWithToken()["token"]
    ask(f"/organization/{organization}/words", token=stranger, status=403)
    ask(f"/organization/{organization}/words", token="", status=302)
    ask("/organization/nowhere/words", status=404)
    assert not ask(f"/organization/{organization}", token=stranger).select("a[href$='/words']")


# the Data Dictionary form


def dictionary(table: dict[str, Any]) -> str:
    return f"/dataset/{table['package']}/dictionary/{table['resource']}"


def of_form(page: BeautifulSoup) -> dict[str, str]:
    [form] = page.select("form:has(button[name=save])")
    texts = {str(each.get("name")): each.text.strip() for each in form.select("textarea")}
    return {**{str(each["name"]): str(each.get("value", "")) for each in form.select("input[name]")}, **texts}


def test_a_draft_is_used_in_the_form_and_what_was_typed_is_saved_too(
    words: Portal, table: dict[str, Any], ask: Any
) -> None:
    words.draft(table["columns"]["b"], HOSTILE)
    page = ask(dictionary(table))
    assert [each.text for each in page.select(".dpp-drafts strong bdi")] == [HOSTILE]
    button = page.select_one(".dpp-drafts button[formaction$='/use']")
    page = ask(button["formaction"], {**of_form(page), "info__1__label": "Typed", "info__1__unit": "km"})
    assert info(table, 1)["label"] == HOSTILE
    assert (info(table, 0)["label"], info(table, 0)["unit"]) == ("Typed", "km")
    assert page.select(".dpp-drafts") == []


def test_the_enter_key_saves_the_form_and_uses_no_draft(words: Portal, table: dict[str, Any], ask: Any) -> None:
    words.draft(table["columns"]["b"], "A draft")
    page = ask(dictionary(table))
    [form] = [each for each in page.select("form") if each.select("input[name^=info__]")]
    # browsers press the first button that sends the form
    assert form.select_one("[type=submit]").get("formaction") is None
    assert form.select("button[formaction]") != []


def test_a_rejected_draft_is_not_shown_again(words: Portal, table: dict[str, Any], ask: Any) -> None:
    words.draft(table["columns"]["b"], "Wrong")
    page = ask(dictionary(table))
    ask(page.select_one(".dpp-drafts button[formaction$='/reject']")["formaction"], of_form(page))
    assert words.sql("SELECT state FROM datapusher_plus_annotation") == [("rejected",)]
    assert ask(dictionary(table)).select(".dpp-drafts") == []


def test_saving_the_form_keeps_entries_without_a_field(words: Portal, table: dict[str, Any], ask: Any) -> None:
    words.edit(table["resource"], [NAME, ("b", {"codes": ["x", "y"], "pii": True, "unit": "m"})])
    form = of_form(ask(dictionary(table)))
    ask(dictionary(table), {**form, "info__2__label": "B", "info__2__unit": ""})
    said = info(table, 1)
    assert (said["codes"], said["pii"], said["label"], said["unit"]) == (["x", "y"], True, "B", "")
    assert not any("form" in key for key in said)


def test_only_editors_decide_about_drafts(words: Portal, table: dict[str, Any], ask: Any) -> None:
    words.draft(table["columns"]["b"], "Draft")
    [(number,)] = words.sql("SELECT id FROM datapusher_plus_annotation")
    other = words.table(None, ["z"])
    stranger = factories.UserWithToken()["token"]
    for what in ("use", "reject"):
        path = f"/dataset/{table['package']}/resource_data/{table['resource']}/drafts/{number}/{what}"
        ask(path, {}, token=stranger, status=403)
        ask(path, {}, token="", status=403)
        ask(path.replace(table["package"], other["package"]), {}, status=404)
        ask(path.replace(f"/{number}/", "/999999/"), {}, status=404)
    assert words.sql("SELECT state FROM datapusher_plus_annotation") == [("open",)]


# readers


def test_readers_who_are_logged_in_see_drafts_and_may_ask(words: Portal, flights: Profiled) -> None:
    words.draft(words.columns(flights.resource["id"])["origin"], HOSTILE)
    page = flights.page(token=factories.UserWithToken()["token"])
    assert [each.text for each in page.select(".dpp-proposed")] == [HOSTILE]
    # one of the six columns has a description
    assert len(page.select(".dpp-readers form[action*='/wish/']")) == 5
    assert flights.page().select(".dpp-readers") == []


def test_readers_vote_and_ask(words: Portal, table: dict[str, Any], ask: Any) -> None:
    words.draft(table["columns"]["b"], "Draft")
    [(number,)] = words.sql("SELECT id FROM datapusher_plus_annotation")
    reader = factories.UserWithToken()["token"]
    profile = f"/dataset/{table['package']}/profile/{table['resource']}"
    ask(f"{profile}/drafts/{number}", {"vote": "1"}, token=reader)
    ask(f"{profile}/wish/{table['columns']['b']}", {"on": "true"}, token=reader)
    assert words.sql("SELECT vote FROM datapusher_plus_vote") == [(1,)]
    assert words.sql("SELECT column_id FROM datapusher_plus_wish") == [(table["columns"]["b"],)]
    assert int(filled(ask("/dashboard/words"))["column_id"]) == table["columns"]["b"]
    ask(f"{profile}/wish/{table['columns']['b']}", {"on": "false"}, token=reader)
    assert words.sql("SELECT * FROM datapusher_plus_wish") == []
    ask(f"{profile}/drafts/{number}", {"vote": "1"}, token="", status=403)
    ask(f"{profile}/wish/{table['columns']['b']}", {}, token="", status=403)
