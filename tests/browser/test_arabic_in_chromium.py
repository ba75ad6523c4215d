"""The pages in Arabic, which is written from right to left: nothing stays English, and no full stop jumps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from ckanext.datapusher_plus.core.difference import Difference, Retyped
from ckanext.datapusher_plus.core.errors import FileTooLarge
from ckanext.datapusher_plus.core.message import say
from ckanext.datapusher_plus.core.outcome import Failure, of_failure
from ckanext.datapusher_plus.core.retries import Tries
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.runs import differences
from ckanext.datapusher_plus.runs.finish import finish
from tests.browsing import DESKTOP, PHONE, Visitor, violations
from tests.tab import Tab

NAME = "trees (2026)."
LOADED = Published(
    rows=336776,
    columns=(("city", "text"), ("year_2", "numeric", "year")),
    file_hash="h",
    load_key="k",
    rejected=(2, 42),
    warnings=(say("The alias “{name}” was left out: something else has that name now.", name=NAME),),
)
CHANGED = Difference(
    rows=1200,
    rows_before=4800,
    kept=2,
    added=("height",),
    gone=("note",),
    retyped=(Retyped(name="day", old="date", new="text"),),
)
#: JavaScript: each text of ours, whether it stands in an element of its own direction, and whether its last
#: character is left of its first; null if it has more than one line
TEXTS = """
  () => {
    const found = [], parts = document.querySelectorAll('.dpp, .dpp-standing');
    const place = (text, at) => {
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      return range.getBoundingClientRect();
    };
    for (const part of parts) {
      const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const text = texts.currentNode, said = text.data.trim(), at = text.data.indexOf(said);
        if (!said || text.parentElement.closest('script, style, noscript')) { continue; }
        const first = place(text, at), last = place(text, at + said.length - 1);
        found.push({
          said,
          apart: !!text.parentElement.closest('bdi, [dir], option, time'),
          part: text.parentElement.closest('[data-part]')?.dataset.part || '',
          backwards: first.width && first.top === last.top ? last.left < first.left : null,
        });
      }
    }
    return found;
  }
"""
ARABIC, LATIN = re.compile(r"[\u0600-\u06ff]"), re.compile(r"[A-Za-z]{2,}")
#: what is not a text of ours: names of columns, files and types, and CKAN's name for its tables before a badge
NAMES = {"city", "year", "year_2", "note", "height", "day", "text", "numeric", NAME, "DataStore:"}


def loaded(tab: Tab) -> None:
    """Load the table, with a warning and rejected rows."""
    log = tab.start()
    log.file(NAME, 2048)
    for stage in ("fetch", "convert", "analyse", "copy", "swap", "publish"):
        log.progress(stage, 0, None)
    differences.note(log._run_id, CHANGED)
    tab.end(log, State.WARNED, "", LOADED)


def failed(tab: Tab) -> None:
    """End another load with an error, as a worker does."""
    error = FileTooLarge(1234567, 9000000)
    end = of_failure(Failure(run_id="r", error=error, reason=None, limit=1, tries=Tries(this=1, retries=0)))
    log = tab.start()
    log.error(end.message)
    assert finish(log._run_id, end.state, message=end.message, error_about={"public": end.public})


def texts(page: Page) -> list[dict[str, Any]]:
    return [text for text in page.evaluate(TEXTS) if text["part"] != "log"]


@pytest.fixture
def publisher(tab: Tab) -> Tab:
    """An editor whose second file could not be loaded."""
    loaded(tab)
    failed(tab)
    return tab


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, False), (DESKTOP, True)], ids=str)
@pytest.mark.parametrize("which", ["tab", "history", "resource"])
# CKAN reads its own translations for scripts
@pytest.mark.filterwarnings("ignore:unclosed file .*i18n/js:ResourceWarning")
def test_an_arabic_page(
    which: str, size: tuple[int, int], dark: bool, publisher: Tab, visitor: Visitor, pictures: Path
) -> None:
    resource = publisher.resource
    path = {
        "tab": publisher.path,
        "history": f"{publisher.path}/history",
        "resource": f"/dataset/{resource['package_id']}/resource/{resource['id']}",
    }[which]
    with visitor.opened(f"/ar{path}", size=size, dark=dark, token=publisher.token) as page:
        for details in page.locator(".dpp details").all():
            details.evaluate("element => { element.open = true }")
        page.screenshot(path=pictures / f"arabic-{which}-{size[0]}{'-dark' * dark}.png", full_page=True)
        html = page.locator("html")
        assert (html.get_attribute("dir"), html.get_attribute("lang")) == ("rtl", "ar")
        found = texts(page)
        assert any(ARABIC.search(text["said"]) for text in found)
        assert [text["said"] for text in found if is_english(text["said"])] == []
        assert [text["said"] for text in found if not text["apart"] and LATIN.search(text["said"])] == []
        ends = [text for text in found if text["said"].endswith((".", ":", "…")) and ARABIC.search(text["said"])]
        assert [text["said"] for text in ends if text["backwards"] is False] == []
        assert ends
        # the names in CKAN's own header can be too long for a phone
        part = ".dpp-standing" if which == "resource" else ".dpp"
        assert page.locator(part).first.evaluate("part => part.scrollWidth <= part.clientWidth")
        assert violations(page, part) == []


def is_english(said: str) -> bool:
    """Return whether a text that is not a name has no Arabic letter."""
    return bool(LATIN.search(said)) and not ARABIC.search(said) and said not in NAMES
