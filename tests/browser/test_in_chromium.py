"""What only a browser can tell: scripts that run, and scripts that must not."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from tests.chromium import Site

AWAY = "503 Service Unavailable"
HOSTILE = "<img src=x onerror=\"document.title='taken over'\"><script>document.title='taken over'</script>"


def part(page: BeautifulSoup, name: str) -> str:
    found = page.select_one(f"[data-part={name}]")
    assert found
    return " ".join(found.get_text(" ").split())


@pytest.mark.smoke
def test_the_page_follows_the_run_to_its_end(site: Site) -> None:
    log = site.tab.start()
    log.progress("copy", 10, 40)

    def end_at_the_second(look: int) -> str:
        if look == 2:
            site.tab.end(log, State.COMPLETE, "Loaded.", Published(rows=40, columns=(), file_hash="", load_key=""))
        return ""

    site.on_look = end_at_the_second
    page = site.open(patience=30)

    assert "The table has 40 rows" in part(page, "state")
    assert part(page, "progress") == ""
    assert not page.select("button[name=save][disabled]")
    assert site.looks == 2, "it looks until the run has ended, and then no more"


def test_a_server_that_is_away_for_a_while_is_asked_again(site: Site) -> None:
    log = site.tab.start()

    def away_until_the_third(look: int) -> str:
        if look == 3:
            site.tab.end(log, State.SKIPPED, "Nothing to load.")
        return "" if look >= 3 else AWAY

    site.on_look = away_until_the_third
    assert "Nothing to load." in part(site.open(patience=60), "state")


@pytest.mark.parametrize("to_login", ["", "302 Found", "403 Forbidden"])
def test_a_page_whose_login_has_ended_says_so(to_login: str, site: Site) -> None:
    site.tab.start().progress("copy", 38, 100)

    def log_out(look: int) -> str:
        site.logged_in = bool(to_login)
        return to_login

    site.on_look = log_out
    page = site.open(patience=20)
    [notice] = page.select("[role=alert][data-login]:not([hidden])")
    assert notice.get_text(" ", strip=True).startswith("Your login has ended, so this page no longer shows")
    [link] = notice.select("a")
    assert (link.get_text(strip=True), str(link["href"]).startswith("/user/login?came_from=")) == ("Log in again", True)
    assert f"resource_data/{site.tab.resource['id']}" in unquote(str(link["href"]))


def test_the_notice_of_a_login_that_has_ended_goes_after_the_next_login(site: Site) -> None:
    log = site.tab.start()

    def log_in_at_the_third(look: int) -> str:
        site.logged_in = look >= 3
        if look == 3:
            site.tab.end(log, State.SKIPPED, "Nothing to load.")
        return ""

    site.on_look = log_in_at_the_third
    page = site.open(patience=60)
    assert "Nothing to load." in part(page, "state")
    assert page.select("[data-login][hidden]")


@pytest.mark.parametrize("away", [AWAY, "500 Internal Server Error"])
def test_a_server_that_is_away_does_not_end_a_login(away: str, site: Site) -> None:
    site.tab.start()
    site.on_look = lambda look: away
    page = site.open(patience=20)
    assert site.looks > 1
    assert page.select("[data-login][hidden]")


def test_times_are_shown_in_the_readers_own_words(site: Site) -> None:
    site.tab.start().info("Reading.")
    page = site.open()
    assert re.search(r"\b\d{1,2}:\d{2}:\d{2}", part(page, "log"))
    assert "(UTC)" not in part(page, "facts")


#: writes into the page, of each text in Latin letters on one line, whether its last letter stands right of its first
ENDS = """
  const found = {}, texts = document.createTreeWalker(document.querySelector('.dpp'), NodeFilter.SHOW_TEXT);
  const place = (text, at) => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect();
  };
  while (texts.nextNode()) {
    const text = texts.currentNode, said = text.data.trim(), at = text.data.indexOf(said);
    if (said.length < 2 || /[\u0590-\u06ff]/.test(said)) { continue; }
    const first = place(text, at), last = place(text, at + said.length - 1);
    if (first.width && first.top === last.top) { found[said] = last.left > first.left; }
  }
  document.body.dataset.ends = JSON.stringify(found);
"""


def ends_of(page: BeautifulSoup) -> dict[str, bool]:
    assert page.body
    return json.loads(str(page.body["data-ends"]))


@pytest.mark.parametrize("language", ["ar", "he", "en"])
def test_texts_end_on_their_own_side_in_any_language(language: str, site: Site) -> None:
    site.script = ENDS
    log = site.tab.start()
    log.warning("Line 40 has 1 field.")
    log.progress("copy", 1024, 2048)
    page = site.open(language=language)
    assert page.html
    assert (page.html.get("dir") == "rtl") is (language != "en")
    ends = ends_of(page)
    columns = (("city", "text", "City, town."),)
    left_out = Published(rows=2, columns=columns, file_hash="", load_key="", warnings=("Look at it.",), rejected=(1, 3))
    site.tab.end(log, State.WARNED, "Loaded.", left_out)
    site.tab.end(site.tab.start(), State.ERROR, "Line 7 has 1 field, the header 2 (3 %).")
    ends |= ends_of(site.open(language=language))
    assert {"50 %", "Line 40 has 1 field.", "Line 7 has 1 field, the header 2 (3 %)."} <= ends.keys()
    assert [text for text, is_right in ends.items() if not is_right] == []


def test_the_pages_heading_is_seen(site: Site) -> None:
    site.script = (
        "document.body.dataset.seen = [...document.querySelectorAll('h1')].filter((h) => h.checkVisibility("
        "{opacityProperty: true}) && h.offsetWidth > 9).map((h) => h.innerText)"
    )
    page = site.open()
    assert page.body
    assert page.body["data-seen"] == "DataStore"


@pytest.mark.smoke
def test_hostile_text_does_not_run(site: Site) -> None:
    log = site.tab.start()
    log.warning(HOSTILE)
    columns = ((HOSTILE, "text"),)
    site.tab.end(log, State.ERROR, HOSTILE, Published(rows=1, columns=columns, file_hash="", load_key=""))
    page = site.open()
    assert page.title
    assert "taken over" not in page.title.get_text()
    assert HOSTILE in part(page, "state")
