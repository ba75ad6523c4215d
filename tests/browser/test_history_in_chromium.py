"""The DataStore tab and the history of a resource in a browser, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.runs import records
from tests.browsing import DESKTOP, PHONE, Visitor, too_wide, violations
from tests.tab import Tab

Opened = Callable[..., AbstractContextManager[Page]]

LOADED = Published(
    rows=40, columns=(("city", "text"), ("year_2", "numeric", "year")), file_hash="h", load_key="k", rejected=(2, 42)
)
LOOKS = pytest.mark.parametrize(
    ("size", "dark"), [(DESKTOP, False), (PHONE, False), (DESKTOP, True), (PHONE, True)], ids=str
)


@pytest.fixture
def editor(tab: Tab, visitor: Visitor) -> Opened:
    """Open a page of the resource as its editor, without JavaScript if that is asked for."""

    return lambda path="", **window: visitor.opened(tab.path + path, token=tab.token, **window)


def fits(page: Page) -> bool:
    """Return whether nothing of ours is wider than the window; CKAN's rows reach a little beyond it."""
    return too_wide(page, ".dpp") == []


def loaded(tab: Tab) -> str:
    """Load the table once, with steps and a log, and return the id of the run."""
    log = tab.start()
    log.file("trees.csv", 2048)
    for stage in ("fetch", "convert", "validate", "analyse", "copy", "swap", "publish"):
        log.progress(stage, 0, None)
    log.info("Read as CSV.")
    log.warning("Line 40 has 1 field.")
    tab.end(log, State.WARNED, "40 rows were loaded. Look at them.", LOADED)
    return log._run_id


@pytest.mark.smoke
def test_a_load_is_followed_until_the_table_is_there(tab: Tab, editor: Opened) -> None:
    log = tab.start()
    log.progress("copy", 10, 40)
    with editor() as page:
        assert page.locator("[role=progressbar]").get_attribute("aria-valuenow")
        assert page.locator("[data-part=table]").inner_text().strip() == ""
        tab.end(log, State.COMPLETE, "40 rows were loaded.", LOADED)
        page.get_by_role("heading", name="The table now").wait_for()
        assert page.locator("[role=progressbar]").count() == 0
        page.get_by_text("2 columns", exact=True).wait_for()


def test_a_broken_file_leaves_the_table_on_the_page(tab: Tab, editor: Opened) -> None:
    loaded(tab)
    log = tab.start()
    with editor() as page:
        tab.end(log, State.ERROR, "Line 7 has 1 field, the header has 2.")
        page.locator(".alert-danger").get_by_text("Line 7 has 1 field").wait_for()
        assert "trees.csv" in page.locator("[data-part=table]").inner_text()
        assert "Line 40 has 1 field." in page.locator("[data-part=warnings]").inner_text()
        assert "rejected rows" in page.locator("[data-part=rejected]").inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_request_is_cancelled_by_keyboard(script: bool, tab: Tab, editor: Opened) -> None:
    tab.queue()
    with editor(script=script) as page:
        page.get_by_role("button", name="Cancel").focus()
        page.keyboard.press("Enter")
        page.get_by_text("The request was cancelled.").wait_for()
        assert "Cancelled" in page.locator("[data-part=state]").inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_load_and_the_request_behind_it_are_cancelled_by_keyboard(script: bool, tab: Tab, editor: Opened) -> None:
    log = tab.start()
    log.progress("copy", 10, 40)
    waiting = tab.queue()
    with editor(size=PHONE, script=script) as page:
        assert "A newer request waits." in page.locator("[data-part=waiting]").inner_text()
        page.get_by_role("button", name="Cancel the request that waits").focus()
        page.keyboard.press("Enter")
        page.get_by_text("The request was cancelled.").wait_for()
        assert page.locator("[data-part=waiting]").inner_text().strip() == ""
        page.get_by_role("button", name="Cancel", exact=True).focus()
        page.keyboard.press("Enter")
        page.get_by_text("It is being stopped").wait_for()
        assert page.get_by_role("button", name="Cancel").count() == 0
    states = {run.id: (run.state, bool(run.cancel_asked_at)) for run in records.runs_of(tab.resource["id"], limit=9)}
    assert states == {log._run_id: (State.RUNNING, True), waiting: (State.CANCELLED, False)}


def test_without_javascript_a_link_shows_how_the_load_goes_on(tab: Tab, editor: Opened) -> None:
    log = tab.start()
    log.progress("fetch", 1, 4)
    with editor(script=False) as page:
        tab.end(log, State.COMPLETE, "40 rows were loaded.", LOADED)
        page.get_by_role("link", name="Show the latest state").click()
        page.get_by_role("heading", name="The table now").wait_for()


@LOOKS
def test_what_can_be_done_with_a_table_is_accessible(
    size: tuple[int, int], dark: bool, tab: Tab, editor: Opened, pictures: Path
) -> None:
    loaded(tab)
    with editor(size=size, dark=dark) as page:
        assert page.get_by_text("Delete from DataStore…").is_visible()
        assert violations(page) == []
        for details in page.locator(".dpp details").all():
            details.evaluate("element => { element.open = true }")
        page.screenshot(path=pictures / f"actions-{size[0]}{'-dark' * dark}.png", full_page=True)
        assert violations(page) == []
        assert page.locator(".dpp").evaluate("part => part.scrollWidth <= part.clientWidth")


@LOOKS
def test_the_tab_is_accessible_on_any_screen(
    size: tuple[int, int], dark: bool, tab: Tab, editor: Opened, pictures: Path
) -> None:
    loaded(tab)
    tab.start().progress("copy", 10, 40)
    tab.queue()
    with editor(size=size, dark=dark) as page:
        for details in page.locator(".dpp details").all():
            details.evaluate("element => { element.open = true }")
        page.screenshot(path=pictures / f"tab-{size[0]}{'-dark' * dark}.png", full_page=True)
        assert violations(page) == []
        assert fits(page)


@LOOKS
def test_the_history_is_accessible_on_any_screen(
    size: tuple[int, int], dark: bool, tab: Tab, editor: Opened, pictures: Path
) -> None:
    run_id = loaded(tab)
    tab.end(tab.start(), State.ERROR, "Line 7 has 1 field.")
    tab.queue()
    for name, path in (("history", "/history"), ("load", f"/history/{run_id}")):
        with editor(path, size=size, dark=dark) as page:
            page.screenshot(path=pictures / f"{name}-{size[0]}{'-dark' * dark}.png", full_page=True)
            if size == DESKTOP and not dark:
                page.locator(".dpp").screenshot(path=pictures / f"guide-{name}.png")
            assert violations(page) == []
            assert fits(page)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_history_leads_to_each_log_and_back_by_keyboard(script: bool, tab: Tab, editor: Opened) -> None:
    loaded(tab)
    with editor(size=PHONE, script=script) as page:

        def follow(link: str) -> None:
            page.get_by_role("link", name=link).focus()
            page.keyboard.press("Enter")

        follow("All loads of this resource")
        follow("Steps and log")
        page.locator(".dpp-log").get_by_text("Read as CSV.").wait_for()
        assert "Copying the rows" in page.locator(".dpp-steps").inner_text()
        follow("All loads of this resource")
        follow("Back to the DataStore tab")
        page.get_by_role("heading", name="The table now").wait_for()


def test_the_history_follows_a_load(tab: Tab, editor: Opened) -> None:
    log = tab.start()
    with editor("/history") as page:
        assert "Loading" in page.locator(".dpp-runs").inner_text()
        tab.end(log, State.COMPLETE, "40 rows were loaded.", LOADED)
        page.get_by_text("40 rows were loaded.").wait_for()


@pytest.mark.parametrize("path", ["", "/history"])
@pytest.mark.parametrize("way", ["401", "login page"])
def test_a_page_whose_login_has_ended_says_so(way: str, path: str, tab: Tab, editor: Opened) -> None:
    tab.start().progress("copy", 38, 100)
    with editor(path) as page:
        status, body = (401, "") if way == "401" else (200, "<html><form>Log in</form></html>")
        page.route(f"**/{tab.resource['id']}/**", lambda route: route.fulfill(status=status, body=body))
        page.get_by_role("alert").get_by_role("link", name="Log in again").wait_for()
