"""The box *How to read this file* in a browser: by keyboard, on a phone, in dark colours, without JavaScript."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ckan.tests.helpers import call_action

from ckanext.datapusher_plus.core.parts import Part
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.runs import contents
from tests.browsing import DESKTOP, PHONE, Visitor, darken, too_wide, violations
from tests.tab import Tab

PARTS = (
    Part(name="Summary", cells=("region", "year", "total")),
    Part(name="Data", cells=("day", "region", "a heading that is rather long for a …", "note", "x", "y", "z", "w")),
)
READ = Published(rows=1, columns=(("a", "text"),), file_hash="0", load_key="0", read_as={"sheet": "Summary"})


def load(tab: Tab) -> None:
    log = tab.start()
    contents.keep(log._run_id, PARTS)
    tab.end(log, State.COMPLETE, "Loaded.", READ)


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, False), (DESKTOP, True), (PHONE, True)], ids=str)
@pytest.mark.parametrize("script", [True, False])
def test_a_sheet_is_chosen_in_the_box_and_a_mistake_is_shown_at_its_field(
    script: bool, size: tuple[int, int], dark: bool, tab: Tab, visitor: Visitor, pictures: Path
) -> None:
    load(tab)
    with visitor.opened(tab.path, size=size, script=script, token=tab.token) as page:
        # the whole way by keyboard: open the box, choose the second sheet, write a wrong encoding, press the button
        page.locator("#dpp-reading summary").focus()
        page.keyboard.press("Enter")
        page.locator("#dpp_sheet").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.locator("#dpp_encoding").fill("klingon")
        page.keyboard.press("Enter")
        page.locator("#dpp_encoding-error").wait_for()
        typed = [page.locator(field).input_value() for field in ("#dpp_sheet", "#dpp_encoding")]
        assert typed == ["Data", "klingon"]
        if dark and script:
            darken(page)
        page.screenshot(path=pictures / f"reading-{size[0]}{'-dark' * dark}.png", full_page=True)
        if script:
            assert violations(page) == []
            assert too_wide(page, "#dpp-reading") == []
        page.locator("#dpp_encoding").fill("utf-8")
        page.keyboard.press("Enter")
        page.get_by_text("Saved. The file is loaded again in this way.").wait_for()
    shown = call_action("resource_show", id=tab.resource["id"])
    assert (shown["dpp_sheet"], shown["dpp_encoding"]) == ("Data", "utf-8")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_what_the_box_has_set_stays_when_the_resource_is_edited_by_the_web_form(
    script: bool, tab: Tab, visitor: Visitor
) -> None:
    load(tab)
    with visitor.opened(tab.path, size=PHONE, script=script, token=tab.token) as page:
        page.locator("#dpp-reading summary").click()
        page.locator("#dpp_sheet").select_option("Data")
        page.locator("#dpp_decimal").select_option(",")
        page.get_by_role("button", name="Save and load").click()
        page.get_by_text("Saved. The file is loaded again in this way.").wait_for()
        page.goto(f"{visitor.site}/dataset/{tab.resource['package_id']}/resource/{tab.resource['id']}/edit")
        page.locator("#field-name").fill("Edited by the form")
        page.get_by_role("button", name="Update Resource").click()
        page.get_by_role("heading", name="Edited by the form").first.wait_for()
        page.goto(visitor.site + tab.path)
        assert [page.locator(field).input_value() for field in ("#dpp_sheet", "#dpp_decimal")] == ["Data", ","]
    shown = call_action("resource_show", id=tab.resource["id"])
    assert (shown["name"], shown["dpp_sheet"], shown["dpp_decimal"]) == ("Edited by the form", "Data", ",")


ARCHIVE = (
    Part(name="2026/trees.csv", cells=("tree", "height"), size=2000),
    Part(name="2025/a file with a rather long name that does not fit on a phone.xlsx", size=30_000_000),
)
FOUND = {"member": "2026/trees.csv", "encoding": "windows-1252", "separator": ";", "decimal": "comma"}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=str)
def test_what_was_found_in_the_file_is_shown_beside_the_fields(
    size: tuple[int, int], tab: Tab, visitor: Visitor, pictures: Path
) -> None:
    log = tab.start()
    contents.keep(log._run_id, ARCHIVE)
    found = replace(READ, read_as={**FOUND, "dates": "day_first assumed_month_first"})
    tab.end(log, State.COMPLETE, "Loaded.", found)
    with visitor.opened(tab.path, size=size, token=tab.token) as page:
        page.locator("#dpp-reading summary").click()
        page.screenshot(path=pictures / f"found-{size[0]}.png", full_page=True)
        assert "comma, as in 1,5" in page.locator("#dpp_decimal-used").inner_text()
        assert "windows-1252, semicolon between values" in page.locator("#dpp_encoding-used").inner_text()
        assert page.locator("#dpp_sheet option").nth(1).inner_text() == "2026/trees.csv (1.9 KiB): tree | height"
        assert violations(page) == []
        assert too_wide(page, "#dpp-reading") == []
        if size == DESKTOP:
            page.locator("#dpp-reading").screenshot(path=pictures / "guide-reading.png")


def test_what_somebody_types_is_not_lost_when_the_load_ends(tab: Tab, visitor: Visitor) -> None:
    log = tab.start()
    with visitor.opened(tab.path, token=tab.token) as page:
        page.locator("#dpp-reading summary").click()
        page.locator("#dpp_null_values").fill("n/a, unknown")
        contents.keep(log._run_id, PARTS)
        tab.end(log, State.COMPLETE, "Loaded.", READ)
        page.get_by_text("The table has 1 row").first.wait_for()
        assert page.locator("#dpp_null_values").input_value() == "n/a, unknown"
