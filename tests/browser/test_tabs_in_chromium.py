"""The page of the DataStore tab during a load: its progress, and the tabs that come with the table."""

from __future__ import annotations

from pathlib import Path

import pytest
from ckan import model
from ckan.lib.search import rebuild
from playwright.sync_api import expect

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from tests.browsing import DESKTOP, PHONE, Visitor, darken, violations
from tests.tab import Tab

PUBLISHED = Published(rows=2, columns=(("tree", "text"),), file_hash="abc", load_key="key")


def has_table(tab: Tab) -> None:
    """Set what the publication of a table sets."""
    resource = model.Resource.get(tab.resource["id"])
    assert resource
    resource.extras = {**(resource.extras or {}), "datastore_active": True}
    model.Session.commit()
    rebuild(tab.resource["package_id"])


def test_the_data_dictionary_tab_comes_with_the_first_table(tab: Tab, visitor: Visitor, pictures: Path) -> None:
    log = tab.start()
    log.progress("validate", 1_240_000, 3_262_500)
    with visitor.opened(tab.path, size=(1000, 800), token=tab.token) as page:
        dictionary = page.locator(".page-header a", has_text="Data Dictionary")
        expect(page.locator(".progress")).to_be_visible()
        assert dictionary.count() == 0
        page.locator(".dpp").screenshot(path=pictures / "guide-progress.png")

        has_table(tab)
        tab.end(log, State.COMPLETE, "2 rows were loaded.", PUBLISHED)
        expect(dictionary).to_be_visible(timeout=20_000)
        expect(page.locator(".page-header a", has_text="DataStore")).to_be_visible()
        assert violations(page, ".dpp") == []


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, False), (DESKTOP, True), (PHONE, True)], ids=str)
def test_the_lines_about_an_older_table_are_accessible(
    size: tuple[int, int], dark: bool, tab: Tab, visitor: Visitor, pictures: Path
) -> None:
    tab.end(tab.start(), State.COMPLETE, "2 rows were loaded.", PUBLISHED)
    has_table(tab)
    tab.end(tab.start(), State.ERROR, "The file is locked.")
    dataset = f"/dataset/{tab.resource['package_id']}"
    with visitor.opened("/about", size=size) as page:
        page.context.set_extra_http_headers({"Authorization": tab.token})
        for path in (f"{dataset}/resource/{tab.resource['id']}", dataset, tab.path):
            page.goto(visitor.site + path)
            if dark:
                darken(page)
            name = f"older-{size[0]}-{len(path.split('/'))}{'-dark' * dark}.png"
            page.screenshot(path=pictures / name, full_page=True)
            assert violations(page, ".dpp-state" if path == tab.path else ".dpp-standing") == [], path


GUIDES = ["/datapusher-plus/guide", "/ar/datapusher-plus/guide", "/datapusher-plus/guide/files"]


# CKAN reads its own translations for scripts
@pytest.mark.filterwarnings("ignore:unclosed file .*i18n/js:ResourceWarning")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", GUIDES)
def test_the_guide_is_accessible_in_both_themes(path: str, dark: bool, visitor: Visitor, pictures: Path) -> None:
    with visitor.opened(path, dark=dark) as page:
        page.screenshot(path=pictures / f"shown{path.replace('/', '-')}{'-dark' * dark}.png", full_page=True)
        assert violations(page) == []
        assert page.locator(".dpp-guide").evaluate("part => getComputedStyle(part).direction") == "ltr"
