"""The profile page in a browser: accessible in every size and theme, by keyboard, without JavaScript, on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browsing import DESKTOP, PHONE, Visitor, too_wide, violations
from tests.profiles import Profiled


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing(
    size: tuple[int, int], dark: bool, visitor: Visitor, flights: Profiled, pictures: Path
) -> None:
    flights.make_view("datatables_view")
    with visitor.opened(flights.path, size=size, dark=dark) as page:
        name = f"profile-{'phone' if size == PHONE else 'desktop'}{'-dark' if dark else ''}"
        page.screenshot(path=pictures / f"{name}.png", full_page=True)
        assert violations(page) == []
        assert too_wide(page, "[role=main]") == [], "nobody has to scroll to the side"


def test_axe_finds_nothing_in_the_view_and_on_the_page_without_statistics(
    visitor: Visitor, flights: Profiled, pictures: Path
) -> None:
    view = flights.make_view("table_profile")
    with visitor.opened(f"{flights.resource_path}?view_id={view}") as page:
        page.screenshot(path=pictures / "profile-view.png", full_page=True)
        assert page.locator(".resource-view .dpp-card").count() == 6
    with visitor.opened(f"{flights.path}?q=nothing") as page:
        assert violations(page) == []


@pytest.mark.smoke
def test_all_can_be_done_with_the_keyboard_and_without_javascript(visitor: Visitor, flights: Profiled) -> None:
    flights.make_view("datatables_view")
    with visitor.opened(flights.path, script=False) as page:
        page.locator("#dpp-q").focus()
        page.keyboard.type("airport")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=airport**")
        assert page.locator(".dpp-card h2").all_inner_texts() == ["Airport of departure"]
        reached = []
        page.locator("#dpp-q").focus()
        for _ in range(6):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.innerText").strip().split("\n")[0])
        assert reached[1:] == ["Show", "All columns", "EWR", "CSV", "JFK"]
        assert page.locator(".dpp-values a").first.is_visible()


def test_it_can_be_printed(visitor: Visitor, flights: Profiled, pictures: Path) -> None:
    with visitor.opened(flights.path, size=(794, 1123)) as page:
        page.emulate_media(media="print")
        page.screenshot(path=pictures / "profile-print.png", full_page=True)
        assert page.locator(".dpp-search").is_hidden()
        assert page.locator(".dpp-card svg").first.is_visible()
        assert page.pdf()[:5] == b"%PDF-"


def test_a_value_leads_to_its_rows(visitor: Visitor, flights: Profiled) -> None:
    from ckan.tests.helpers import call_action

    records = [{"origin": name} for name in ("JFK", "EWR", "JFK")]
    call_action("datastore_upsert", resource_id=flights.resource["id"], method="insert", records=records, force=True)
    flights.make_view("datatables_view")
    with visitor.opened(flights.path) as page:
        page.locator(".dpp-values a", has_text="JFK").click()
        rows = page.frame_locator("iframe").locator("#dtprv tbody tr[id]")
        rows.nth(1).wait_for()
        assert [text.split()[-1] for text in rows.all_inner_texts()] == ["JFK", "JFK"]
