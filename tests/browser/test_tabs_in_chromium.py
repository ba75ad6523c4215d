"""The page of the DataStore tab during a load: its progress, and the tabs that come with the table."""

from __future__ import annotations

from pathlib import Path

from ckan import model
from playwright.sync_api import expect

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from tests.browsing import Visitor, violations
from tests.tab import Tab

PUBLISHED = Published(rows=2, columns=(("tree", "text"),), file_hash="abc", load_key="key")


def test_the_data_dictionary_tab_comes_with_the_first_table(tab: Tab, visitor: Visitor, pictures: Path) -> None:
    log = tab.start()
    log.progress("validate", 1_240_000, 3_262_500)
    with visitor.opened("/about", size=(1000, 800)) as page:
        page.context.set_extra_http_headers({"Authorization": tab.headers["Authorization"]})
        page.goto(visitor.site + tab.path)
        dictionary = page.locator(".page-header a", has_text="Data Dictionary")
        expect(page.locator(".progress")).to_be_visible()
        assert dictionary.count() == 0
        page.locator(".dpp").screenshot(path=pictures / "guide-progress.png")

        resource = model.Resource.get(tab.resource["id"])
        assert resource
        resource.extras = {**(resource.extras or {}), "datastore_active": True}
        model.Session.commit()
        tab.end(log, State.COMPLETE, "2 rows were loaded.", PUBLISHED)
        expect(dictionary).to_be_visible(timeout=20_000)
        expect(page.locator(".page-header a", has_text="DataStore")).to_be_visible()
        assert violations(page, ".dpp") == []
