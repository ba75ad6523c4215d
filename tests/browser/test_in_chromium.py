"""What only a browser can tell: scripts that run, and scripts that must not."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from tests.chromium import Site

HOSTILE = "<img src=x onerror=\"document.title='taken over'\"><script>document.title='taken over'</script>"


def part(page: BeautifulSoup, name: str) -> str:
    found = page.select_one(f"[data-part={name}]")
    assert found
    return " ".join(found.get_text(" ").split())


def test_the_page_follows_the_run_to_its_end(site: Site) -> None:
    log = site.tab.start()
    log.progress("copy", 10, 40)

    def end_at_the_second(look: int) -> bool:
        if look == 2:
            site.tab.end(log, State.COMPLETE, "Loaded.", Published(rows=40, columns=(), file_hash="", load_key=""))
        return True

    site.on_look = end_at_the_second
    page = site.open(patience=30)

    assert "The table has 40 rows" in part(page, "state")
    assert part(page, "progress") == ""
    assert not page.select("button[name=save][disabled]")
    assert site.looks == 2, "it looks until the run has ended, and then no more"


def test_a_server_that_is_away_for_a_while_is_asked_again(site: Site) -> None:
    log = site.tab.start()

    def away_until_the_third(look: int) -> bool:
        if look == 3:
            site.tab.end(log, State.SKIPPED, "Nothing to load.")
        return look >= 3

    site.on_look = away_until_the_third
    assert "Nothing to load." in part(site.open(patience=60), "state")


def test_times_are_shown_in_the_readers_own_words(site: Site) -> None:
    site.tab.start().info("Reading.")
    page = site.open()
    assert re.search(r"\b\d{1,2}:\d{2}:\d{2}", part(page, "log"))
    assert "(UTC)" not in part(page, "facts")


def test_hostile_text_does_not_run(site: Site) -> None:
    log = site.tab.start()
    log.warning(HOSTILE)
    columns = ((HOSTILE, "text"),)
    site.tab.end(log, State.ERROR, HOSTILE, Published(rows=1, columns=columns, file_hash="", load_key=""))
    page = site.open()
    assert page.title
    assert "taken over" not in page.title.get_text()
    assert HOSTILE in part(page, "state")
