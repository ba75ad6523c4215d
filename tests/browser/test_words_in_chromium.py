"""Drafts in the Data Dictionary form, and the page that describes one column after another, in a browser."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from ckan.tests.helpers import call_action
from playwright.sync_api import Page

from tests.browsing import DESKTOP, PHONE, Visitor, too_wide, violations
from tests.fix_words import Portal
from tests.profiles import Profiled

DASHBOARD = "/dashboard/words"
#: The part of each page that is the plugin's; in CKAN's form the rest is CKAN's.
PARTS = {"form": ".dpp-drafts", "dashboard": ".dpp-words"}


@pytest.fixture
def table(words: Portal, flights: Profiled) -> Profiled:
    """A table with drafts for two columns; the first one has more."""
    columns = words.columns(flights.resource["id"])
    words.draft(columns["late"], "Delayed by more than 15 minutes", votes=3)
    words.draft(columns["late"], "Late")
    words.draft(columns["pilot"], "Pilot")
    return flights


def dictionary(table: Profiled) -> str:
    return f"/dataset/{table.dataset['id']}/dictionary/{table.resource['id']}"


def editing(visitor: Visitor, table: Profiled, path: str, **window: Any) -> AbstractContextManager[Page]:
    """Open a page as an editor of the table."""
    return visitor.opened(path, token=table.token, **window)


def info(table: Profiled, name: str) -> dict[str, Any]:
    fields = call_action("datastore_info", id=table.resource["id"])["fields"]
    return next(field.get("info", {}) for field in fields if field["id"] == name)


@pytest.mark.parametrize("where", PARTS)
@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, False), (DESKTOP, True), (PHONE, True)], ids=str)
def test_axe_finds_nothing(
    size: tuple[int, int], dark: bool, where: str, visitor: Visitor, table: Profiled, pictures: Path
) -> None:
    address = DASHBOARD if where == "dashboard" else dictionary(table)
    with editing(visitor, table, address, size=size, dark=dark) as page:
        page.screenshot(path=pictures / f"words-{where}-{size[0]}{'-dark' * dark}.png", full_page=True)
        assert page.locator(".dpp-drafts").count() >= 1
        assert violations(page, PARTS[where]) == []
        assert too_wide(page, PARTS[where]) == [], "nobody has to scroll to the side"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_draft_is_used_in_the_form(script: bool, visitor: Visitor, table: Profiled) -> None:
    with editing(visitor, table, dictionary(table), script=script) as page:
        page.get_by_role("button", name="Use Label: Late").focus()
        page.keyboard.press("Enter")
        page.get_by_text("The draft is used.").wait_for()
        assert page.locator("input[name=info__4__label]").input_value() == "Late"
    assert info(table, "late")["label"] == "Late"


@pytest.mark.smoke
def test_columns_are_described_with_the_keyboard_alone(visitor: Visitor, table: Profiled) -> None:
    with editing(visitor, table, DASHBOARD) as page:
        assert page.locator("h1.h3").inner_text() == "late"
        page.locator("#dpp-label").focus()
        page.keyboard.type("Late s")
        page.keyboard.press("Tab")
        page.keyboard.type("More than 15 minutes.")
        page.keyboard.press("Control+Enter")
        page.locator("h1.h3", has_text="pilot").wait_for()
        page.wait_for_load_state()
        page.keyboard.press("s")
        page.locator("h1.h3", has_text="origin").wait_for()
    said = info(table, "late")
    assert (said["label"], said["notes"]) == ("Late s", "More than 15 minutes.")
    assert info(table, "pilot") == {}


def test_a_draft_fills_its_field(visitor: Visitor, table: Profiled) -> None:
    with editing(visitor, table, DASHBOARD) as page:
        page.get_by_text("Use: Label Late", exact=True).click()
        assert page.locator("#dpp-label").input_value() == "Late"


def test_a_column_is_described_without_javascript(visitor: Visitor, table: Profiled, pictures: Path) -> None:
    with editing(visitor, table, DASHBOARD, script=False) as page:
        page.get_by_label("Use: Label Late", exact=True).check(force=True)
        page.screenshot(path=pictures / "words-no-script.png", full_page=True)
        page.get_by_role("button", name="Save and next").click()
        page.locator("h1.h3", has_text="pilot").wait_for()
        page.get_by_role("button", name="Skip").click()
        page.locator("h1.h3", has_text="origin").wait_for()
    assert info(table, "late")["label"] == "Late"
