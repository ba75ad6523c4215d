"""What the pages of a resource and its dataset say about a table that is older than its file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan import model as ckan_model
from ckan.lib.search import rebuild
from ckan.plugins import toolkit as tk
from ckan.tests import factories

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database
from ckanext.datapusher_plus.runs.claim import claim
from ckanext.datapusher_plus.runs.finish import finish
from ckanext.datapusher_plus.runs.request import request
from ckanext.datapusher_plus.runs.standing import _query
from tests.pictures import queries
from tests.tab import Tab

SECRET = "In row 7, column “salary” the value “n/a” is not a number."
PUBLISHED = Published(rows=2, columns=(("tree", "text"),), file_hash="abc", load_key="key")
Load = Callable[..., str]


@pytest.fixture
def load(make_tab: Callable[..., Tab]) -> Load:
    """Return a function that carries out a run of a resource: asked for with a cause, and ended in a state."""

    def carry_out(tab: Tab, cause: str, state: State | None, **more: Any) -> str:
        with database.transaction() as connection:
            run_id = request(connection, tab.resource["id"], cause=cause)
        if state is None:
            return run_id
        assert claim(run_id, flow_run_id=None, worker="here")
        more = {"published": PUBLISHED} | more if state in (State.COMPLETE, State.WARNED) else more
        assert finish(run_id, state, message=SECRET, **more)
        return run_id

    return carry_out


@pytest.fixture
def old(make_tab: Callable[..., Tab], load: Load) -> Tab:
    """A resource whose table was loaded on 5 May."""
    made = make_tab(datastore_active=True)
    loaded = load(made, "upload", State.COMPLETE)
    set_active(made.resource["id"])
    then = sa.text("'2026-05-05 09:30+00'::timestamptz")
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(run.c.id == loaded).values(finished_at=then, requested_at=then))
    return made


def set_active(resource_id: str) -> None:
    resource = ckan_model.Resource.get(resource_id)
    assert resource
    resource.extras = {**(resource.extras or {}), "datastore_active": True}
    ckan_model.Session.commit()
    rebuild(resource.package_id)


def seen(tab: Tab, headers: dict[str, str] | None = None, *, dataset: bool = False) -> BeautifulSoup:
    path = f"/dataset/{tab.resource['package_id']}" + ("" if dataset else f"/resource/{tab.resource['id']}")
    return BeautifulSoup(tab.app.get(path, headers=headers or {}, status=200).text, "html.parser")


def standing(page: BeautifulSoup) -> str:
    return " ".join(part.get_text(" ", strip=True) for part in page.select(".dpp-standing"))


LINES = [
    ("upload", None, "A newer file is being loaded."),
    ("url", State.ERROR, "A newer file could not be loaded."),
    ("submit", State.ERROR, "Since then the file could not be loaded again."),
    ("upload", State.WAITING, "The file as it is now waits to be checked."),
    ("upload", State.CANCELLED, "A newer file was not loaded."),
]


@pytest.mark.parametrize(("cause", "state", "line"), LINES)
def test_readers_see_that_the_table_is_older_but_not_why(
    cause: str, state: State | None, line: str, old: Tab, load: Load
) -> None:
    load(old, cause, state)
    page = seen(old)
    assert standing(page) == f"The table shows the file that was loaded on May 5, 2026. {line}"
    assert SECRET not in page.text
    assert page.select(".dpp-standing a") == []


def test_a_file_without_rows_is_said_to_have_none(old: Tab, load: Load) -> None:
    load(old, "upload", State.SKIPPED, warnings=["The file has no rows."])
    assert standing(seen(old)).endswith("A newer file has no rows.")


@pytest.mark.parametrize(
    "later",
    [[], [("submit", None)], [("submit", State.CANCELLED)], [("upload", State.ERROR), ("upload", State.SKIPPED)]],
    ids=str,
)
def test_readers_are_told_nothing_while_the_table_shows_the_file(
    later: list[tuple[str, State | None]], old: Tab, load: Load
) -> None:
    for cause, state in later:
        load(old, cause, state)
    assert standing(seen(old)) == ""


def test_an_undone_load_is_said_until_it_is_brought_back(old: Tab, load: Load) -> None:
    load(old, "upload", State.COMPLETE)
    load(old, "undo", State.COMPLETE)
    said = "The table shows the file that was loaded on May 5, 2026. A newer file was loaded, and that was undone."
    assert standing(seen(old)) == said
    assert standing(seen(old, old.headers, dataset=True)) == "DataStore: Load undone"
    load(old, "undo", State.COMPLETE)
    assert standing(seen(old)) == ""


def test_the_date_of_a_load_that_is_not_known_any_more_is_left_out(old: Tab, load: Load) -> None:
    load(old, "undo", State.COMPLETE)
    said = "The table shows an earlier file. A newer file was loaded, and that was undone."
    assert standing(seen(old)) == said


def test_readers_do_not_see_the_fields_that_say_how_a_file_is_read(old: Tab) -> None:
    tk.get_action("resource_patch")(
        {"ignore_auth": True}, {"id": old.resource["id"], "dpp_decimal": ",", "dpp_duplicates": 0, "origin": "survey"}
    )
    shown = seen(old).get_text(" ", strip=True).lower()
    assert "origin survey" in shown
    assert "dpp" not in shown


def test_a_dry_run_does_not_count(old: Tab) -> None:
    with database.transaction() as connection:
        request(connection, old.resource["id"], cause="upload", dry_run=True)
    assert standing(seen(old)) == ""


def test_an_editor_sees_a_badge_that_leads_to_the_tab(old: Tab, load: Load) -> None:
    load(old, "upload", State.ERROR)
    [badge] = seen(old, old.headers).select(".dpp-standing a.badge")
    assert badge.get_text(" ", strip=True) == "DataStore: Not loaded"
    assert str(badge["href"]).endswith(f"/resource_data/{old.resource['id']}")
    assert [part["data-standing"] for part in seen(old, old.headers).select(".dpp-standing")] == ["failed"]


def test_the_dataset_page_has_a_badge_for_editors_only(old: Tab, load: Load) -> None:
    load(old, "upload", State.ERROR)
    assert standing(seen(old, dataset=True)) == ""
    assert standing(seen(old, old.headers, dataset=True)) == "DataStore: Not loaded"


def test_the_badges_of_a_dataset_are_one_query(old: Tab, load: Load) -> None:
    for number in range(3):
        more = factories.Resource(package_id=old.resource["package_id"], format="PDF", url=f"http://a.org/{number}.pdf")
        load(Tab(app=old.app, resource=more, headers=old.headers), "submit", State.ERROR)
    with queries("datapusher_plus_run") as asked:
        page = seen(old, old.headers, dataset=True)
    assert len(page.select(".dpp-standing .badge")) == 4
    assert len(asked) == 1


def test_readers_pages_make_one_query_and_a_list_for_readers_none(old: Tab) -> None:
    with queries("datapusher_plus_run") as asked:
        seen(old)
    assert len(asked) == 1
    with queries("datapusher_plus_run") as asked:
        seen(old, dataset=True)
    assert asked == []


def test_the_query_uses_the_index(old: Tab) -> None:
    with database.transaction() as connection:
        connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        text = _query([old.resource["id"]]).compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(row[0] for row in connection.execute(sa.text(f"EXPLAIN {text}")))
    assert "Seq Scan" not in plan
    assert plan.count("datapusher_plus_run") >= 4


def test_a_table_that_is_replaced_in_place_may_be_incomplete(
    old: Tab, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_current", dataclasses.replace(settings.current(), load_strategy="replace"))
    load(old, "upload", State.ERROR)
    assert standing(seen(old)) == "The table may be incomplete. A newer file could not be loaded."


def test_the_page_opens_where_the_tables_of_the_plugin_are_missing(old: Tab, load: Load) -> None:
    with ckan_model.ensure_engine().begin() as connection:
        connection.execute(sa.text("ALTER TABLE datapusher_plus_run RENAME TO hidden_run"))
    try:
        assert standing(seen(old)) == ""
    finally:
        with ckan_model.ensure_engine().begin() as connection:
            connection.execute(sa.text("ALTER TABLE hidden_run RENAME TO datapusher_plus_run"))
