"""An editor publishes files with CKAN's own form, on the running portal with a worker; the guide has its pictures."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect, sync_playwright

from dev.portal import Portal
from tests.browsing import too_wide, violations
from tests.servers import RunningStack

GOOD = "tree,height,planted\nOak,21.5,2001-03-09\nElm,18,1999-11-30\n"
BROKEN = "tree,height,planted\nOak\nElm,18,1999-11-30\n"
#: the third column can be read in two ways
DOUBTFUL = "tree,height,planted\nOak,21.5,03/04/2001\nElm,18,05/06/1999\n"
#: a table of its own, put in the place of the good one by mistake
WRONG = "shop\nBakery\nButcher\nGrocer\n"
ONE_BAD_ROW = "tree,height\n" + "".join(f"Oak {number},{number}\n" for number in range(1, 40)) + "Elm\n"
#: milliseconds; a load waits for the worker, which other tests may keep busy
PATIENCE = 90_000


@dataclass(frozen=True, kw_only=True)
class Editor:
    """An editor of an organization with one dataset, in front of a browser and logged in."""

    page: Page
    portal: Portal
    dataset: str
    pictures: Path

    def go(self, path: str) -> None:
        self.page.goto(self.portal.url + path)

    def publish(self, content: str, resource_id: str = "", *, name: str = "trees.csv") -> str:
        """Upload a file by the form, to a new resource or to one that is there, and return the resource's id."""
        at = f"/dataset/{self.dataset}/resource/" + (f"{resource_id}/edit" if resource_id else "new")
        self.go(at)
        file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
        if resource_id:
            self.page.get_by_role("button", name="Clear Upload").click()
            self.page.locator("#field-resource-upload").set_input_files([file])
        else:
            with self.page.expect_file_chooser() as chooser:
                self.page.get_by_role("button", name="Upload a file on your computer").click()
            chooser.value.set_files([file])
        if not resource_id:
            self.page.locator("#field-name").fill("Trees of the city")
            self.picture("upload", self.page.locator("#resource-edit"))
        self.page.get_by_role("button", name=re.compile("^(Add|Update Resource|Finish)$")).click()
        self.page.wait_for_url(re.compile(rf"/dataset/{self.dataset}(/resource/[\w-]+)?$"))
        found = self.portal.act("package_show", id=self.dataset)["resources"]
        return found[0]["id"]

    def tab(self, resource_id: str, state: str) -> Locator:
        """Open the DataStore tab, and return it once it shows a state by itself."""
        self.go(f"/dataset/{self.dataset}/resource_data/{resource_id}")
        tab = self.page.locator(".dpp")
        expect(tab.locator(".dpp-state .badge")).to_have_text(re.compile(rf"^\s*{state}\s*$"), timeout=PATIENCE)
        return tab

    def picture(self, name: str, what: Locator, *, hidden: str = "") -> None:
        """Take a picture for the guide.

        :param hidden: CSS selector of what it does not show.
        """
        style = f"{hidden} {{ display: none !important; }}" if hidden else None
        what.screenshot(path=self.pictures / f"guide-{name}.png", style=style)


@pytest.fixture
def editor(stack: RunningStack, pictures: Path) -> Iterator[Editor]:
    """Make an editor with a dataset, and log in through the form."""
    admin, name, password = Portal(stack.ckan_url, stack.sysadmin_token), f"ed-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    admin.act("user_create", name=name, fullname="Ada", email=f"{name}@example.org", password=password)
    users = [{"name": name, "capacity": "editor"}]
    owner = admin.act("organization_create", name=f"org-{name}", title="Parks", users=users)["id"]
    admin.act("package_create", name=f"trees-{name}", title="Trees", owner_org=owner)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=options)
        context = browser.new_context(viewport={"width": 1000, "height": 800}, reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"{stack.ckan_url}/user/login")
        page.locator("#field-login").fill(name)
        page.locator("#field-password").fill(password)
        page.locator("#field-password").press("Enter")
        page.wait_for_url(re.compile("/dashboard"))
        yield Editor(page=page, portal=admin, dataset=f"trees-{name}", pictures=pictures)
        browser.close()
    admin.act("user_delete", id=name)


def shown_to_readers(editor: Editor, resource_id: str) -> str:
    """Return what a reader without a login is told above the table."""
    context = editor.page.context.browser
    assert context
    page = context.new_page()
    page.goto(f"{editor.portal.url}/dataset/{editor.dataset}/resource/{resource_id}")
    said = page.locator(".dpp-standing")
    text = said.inner_text() if said.count() else ""
    assert violations(page, ".dpp-standing") == [] if text else True
    page.close()
    return text


@pytest.mark.smoke
def test_a_file_a_wrong_one_and_the_guide(editor: Editor) -> None:
    resource_id = editor.publish(GOOD)
    tab = editor.tab(resource_id, "Loaded")
    expect(tab.locator("[data-part=columns] tbody tr")).to_have_count(3)
    expect(editor.page.locator(".page-header a", has_text="Data Dictionary")).to_be_visible()
    assert violations(editor.page, ".dpp") == []
    editor.picture("table", tab, hidden="[data-part=log]")
    assert shown_to_readers(editor, resource_id) == ""

    editor.publish(BROKEN, resource_id)
    tab = editor.tab(resource_id, "Not loaded")
    expect(tab.locator(".dpp-state .alert-danger")).to_contain_text("Line 2 has 1 field")
    assert violations(editor.page, ".dpp") == []
    editor.picture("error", tab.locator("[data-part=state]"))
    tab.get_by_role("link", name="What you can do").click()
    part = editor.page.locator("h3#a-row-cannot-be-read")
    expect(part).to_be_in_viewport()
    assert violations(editor.page) == []

    told = shown_to_readers(editor, resource_id)
    assert re.fullmatch(r"The table shows the file that was loaded on .+\. A newer file could not be loaded\.", told)
    editor.go(f"/dataset/{editor.dataset}/resource/{resource_id}")
    assert violations(editor.page, ".dpp-standing") == []
    hidden = ".module-resource .ellipsis, .module-resource iframe"
    editor.picture("older", editor.page.locator(".module-resource .module-content").first, hidden=hidden)
    editor.go(f"/dataset/{editor.dataset}")
    badge = editor.page.locator(".resource-item .dpp-standing a")
    expect(badge).to_contain_text("Not loaded")
    assert violations(editor.page, ".dpp-standing") == []
    editor.page.screenshot(path=editor.pictures / "dataset.png")
    badge.click()
    expect(editor.page.locator(".dpp-state")).to_contain_text("Not loaded")


def test_warnings_lead_to_the_guide(editor: Editor) -> None:
    tab = editor.tab(editor.publish(DOUBTFUL), "Loaded")
    expect(tab.locator("[data-part=warnings]")).to_contain_text("Nothing shows whether day or month comes first")
    editor.picture("warning", tab.locator("[data-part=warnings]"))
    tab.get_by_role("link", name="What the warnings mean").click()
    expect(editor.page.locator("h2#what-the-warnings-mean")).to_be_in_viewport()


def test_rejected_rows_can_be_downloaded(editor: Editor) -> None:
    tab = editor.tab(editor.publish(ONE_BAD_ROW), "Loaded, with warnings")
    link = tab.get_by_role("link", name="Download the rejected rows (CSV)")
    hidden = "[data-part]:not([data-part=state], [data-part=warnings], [data-part=rejected])"
    editor.picture("rejected", tab, hidden=hidden)
    with editor.page.expect_download() as download:
        link.click()
    assert "Elm" in download.value.path().read_text(encoding="utf-8-sig")


def test_an_earlier_dictionary_can_be_brought_back(editor: Editor) -> None:
    resource_id = editor.publish(GOOD)
    editor.tab(resource_id, "Loaded")
    for label in ("Height in metres", "Height"):
        fields: list[Any] = [{"id": "height", "type": "numeric", "info": {"label": label}}]
        editor.portal.act("datastore_create", resource_id=resource_id, force=True, fields=fields)
    tab = editor.tab(resource_id, "Loaded")
    earlier = tab.locator("[data-part=earlier]")
    earlier.locator("summary").first.click()
    earlier.locator("li summary", has_text="differs from now").first.click()
    editor.picture("dictionary", earlier)
    assert violations(editor.page, "[data-part=earlier]") == []


def undone(editor: Editor, tab: Locator, *, pictured: bool = False) -> None:
    """Press the button that undoes the last load, and wait until that is done."""
    part = tab.locator("[data-part=undo]")
    # the page replaces its parts while it follows the load
    expect(part.locator("summary")).to_be_visible(timeout=PATIENCE)
    part.locator("summary").click()
    assert violations(editor.page, ".dpp") == []
    if pictured:
        editor.picture("undo", part)
    part.get_by_role("button", name="Bring this table back").click()
    expect(editor.page.locator(".flash-messages")).to_contain_text("is brought back in a moment")
    is_undone = re.compile(r"^\s*Undone(, with warnings)?\s*$")
    expect(tab.locator(".dpp-state .badge")).to_have_text(is_undone, timeout=PATIENCE)


@pytest.mark.smoke
def test_a_wrong_file_is_undone_and_that_too(editor: Editor) -> None:
    resource_id = editor.publish(GOOD)
    editor.tab(resource_id, "Loaded")
    editor.publish(WRONG, resource_id, name="shops.csv")
    tab = editor.tab(resource_id, "Loaded, with warnings")
    now, state = tab.locator("[data-part=table]"), tab.locator("[data-part=state]")
    expect(now).to_contain_text("shops.csv")
    expect(tab.locator("[data-part=undo]")).to_contain_text("trees.csv")

    undone(editor, tab, pictured=True)
    expect(state).to_contain_text("The earlier table is back: it has 2 rows.")
    expect(now).to_contain_text("trees.csv")
    expect(now).to_contain_text("A newer file was loaded, and that was undone.")
    expect(tab.locator("[data-part=undo] summary")).to_have_text(re.compile("Bring the newer table back…"))
    assert violations(editor.page, ".dpp") == []
    editor.page.screenshot(path=editor.pictures / "undone.png", full_page=True)
    assert rows(editor, resource_id) == [{"tree": "Oak"}, {"tree": "Elm"}]
    told = shown_to_readers(editor, resource_id)
    assert told.endswith("A newer file was loaded, and that was undone.")

    editor.tab(resource_id, "Undone(, with warnings)?")
    undone(editor, tab)
    expect(state).to_contain_text("The earlier table is back: it has 3 rows.")
    expect(now).to_contain_text("shops.csv")
    expect(now).not_to_contain_text("A newer file")
    assert violations(editor.page, ".dpp") == []
    assert [row["shop"] for row in rows(editor, resource_id, "shop")] == ["Bakery", "Butcher", "Grocer"]
    assert shown_to_readers(editor, resource_id) == ""


def rows(editor: Editor, resource_id: str, column: str = "tree") -> list[dict[str, Any]]:
    """Return a column of the table as readers get it."""
    return editor.portal.act("datastore_search", resource_id=resource_id, fields=column, sort="_id")["records"]


def test_what_would_change_is_shown_and_the_table_stays(editor: Editor) -> None:
    resource_id = editor.publish(GOOD)
    tab = editor.tab(resource_id, "Loaded")
    tab.get_by_role("button", name="What would change?").click()
    expect(tab.locator("[data-part=difference]")).to_contain_text("What the file would change", timeout=PATIENCE)
    expect(tab.locator("[data-part=difference]")).to_contain_text("The file has not changed")
    expect(tab.locator("[data-part=state]")).to_contain_text("Last attempt: Loaded")
    assert violations(editor.page, ".dpp") == []


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_the_guide_is_accessible_on_a_phone(script: bool, stack: RunningStack, pictures: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=script)
        page = context.new_page()
        page.goto(f"{stack.ckan_url}/datapusher-plus/guide")
        page.screenshot(path=pictures / f"guide-phone-{script}.png", full_page=False)
        assert page.locator(".dpp-guide h2").count() > 5
        if script:
            assert violations(page) == []
            assert too_wide(page, "[role=main]") == []
        page.goto(f"{stack.ckan_url}/datapusher-plus/guide/files")
        expect(page.locator("h2#reading")).to_be_attached()
        browser.close()
