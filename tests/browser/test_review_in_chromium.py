"""The review of a file with personal data, as editors see it on the DataStore tab."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.datapusher_plus.core.difference import Difference, KeyedRows, Retyped
from ckanext.datapusher_plus.core.errors import ChangesWait, WaitsForReview
from ckanext.datapusher_plus.core.personal_data.findings import Found
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.runs import differences, review
from ckanext.datapusher_plus.runs.claim import claim
from ckanext.datapusher_plus.runs.finish import finish
from tests.browsing import DESKTOP, PHONE, Visitor, violations
from tests.tab import Tab

FOUND = (
    Found(detector="email", column="contact", count=1204, first_rows=(1, 2, 3, 4, 5), at_least=True),
    Found(detector="iban", column="account", count=2, first_rows=(17, 40)),
)


@pytest.mark.smoke
@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, False), (DESKTOP, True)], ids=str)
def test_the_review_is_accessible_and_can_be_answered_by_keyboard(
    size: tuple[int, int], dark: bool, tab: Tab, visitor: Visitor, pictures: Path
) -> None:
    run_id = tab.queue()
    assert claim(run_id, flow_run_id=None, worker="here:1")
    review.ask(tab.resource["id"], "hash", run_id, FOUND)
    assert finish(run_id, State.WAITING, message=str(WaitsForReview(FOUND, "People who may edit the resource")))
    with visitor.opened(tab.path, size=size, dark=dark, token=tab.token) as page:
        page.screenshot(path=pictures / f"review-{size[0]}{'-dark' * dark}.png", full_page=True)
        assert violations(page) == []
        names = page.locator("[data-part=review] button, [data-part=review] textarea, [data-part=review] input")
        assert names.count() >= 3
        page.locator("[data-part=review] button[value=reject]").focus()
        page.keyboard.press("Enter")
        page.locator("[data-part=review]").get_by_text("Rejected by").wait_for()


CHANGED = Difference(
    rows=1200,
    rows_before=4800,
    kept=2,
    added=("height",),
    gone=("heigth", "<b>note"),
    retyped=(Retyped(name="day", old="date", new="text"),),
    renamed=(("heigth", "height"),),
    orphaned=("<b>note",),
    by_key=KeyedRows(key=("id",), added=7, removed=3607, changed=12, added_keys=("4801", "4802"), removed_keys=("5",)),
)


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, False), (DESKTOP, True)], ids=str)
def test_what_a_file_changes_is_accessible_and_it_is_loaded_by_keyboard(
    size: tuple[int, int], dark: bool, tab: Tab, visitor: Visitor, pictures: Path
) -> None:
    run_id = tab.queue()
    assert claim(run_id, flow_run_id=None, worker="here:1")
    differences.note(run_id, CHANGED)
    review.ask_about_changes(tab.resource["id"], "hash", "key", run_id, CHANGED)
    assert finish(run_id, State.WAITING, message=ChangesWait().message)
    # the answer works without JavaScript too
    with visitor.opened(tab.path, size=size, script=size == DESKTOP, dark=dark, token=tab.token) as page:
        part = page.locator("[data-part=difference]")
        assert "7 new" in part.inner_text()
        assert "perhaps “heigth”" in part.inner_text()
        page.screenshot(path=pictures / f"difference-{size[0]}{'-dark' * dark}.png", full_page=True)
        if size == DESKTOP:
            assert violations(page) == []
            part.screenshot(path=pictures / f"guide-review{'-dark' * dark}.png")
        part.locator("button[value=approve]").focus()
        page.keyboard.press("Enter")
        page.get_by_text("It waits for a worker to load it").first.wait_for()
        assert part.locator("button[value=approve]").count() == 0
