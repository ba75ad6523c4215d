"""The guide on the site, and the links to it on the DataStore tab."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan.tests.helpers import CKANTestApp

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.runs.finish import finish
from tests.tab import Tab

GUIDE = "/datapusher-plus/guide"


def page(app: CKANTestApp, path: str) -> BeautifulSoup:
    return BeautifulSoup(app.get(path, status=200).text, "html.parser")


def help_of(tab: Tab) -> list[tuple[str, str]]:
    """Return texts and targets of the links to the guide on the tab."""
    links = tab.page().select(".dpp-help a")
    return [(link.get_text(strip=True), str(link["href"])) for link in links]


@pytest.mark.parametrize("path", [GUIDE, f"{GUIDE}/files"])
def test_everybody_can_read_the_guide(path: str, loaded: None, app: CKANTestApp) -> None:
    shown = page(app, path)
    assert len(shown.select(".dpp-guide h2[id]")) > 5
    assert {str(link["href"]).split("#")[0] for link in shown.select(".dpp-guide a[href^='/']")} <= {
        GUIDE,
        f"{GUIDE}/files",
    }


def test_the_site_has_the_guides_pictures(loaded: None, app: CKANTestApp) -> None:
    pictures = [str(image["src"]) for image in page(app, GUIDE).select(".dpp-guide img")]
    assert len(pictures) > 5
    for picture in pictures:
        answer = app.get(picture, status=200)
        assert answer.headers["Content-Type"] == "image/png"
        answer.close()


def test_the_guide_links_to_itself_in_the_language_of_the_page(loaded: None, app: CKANTestApp) -> None:
    shown = page(app, f"/de{GUIDE}")
    assert shown.select(f".dpp-guide a[href^='/de{GUIDE}/files']")
    assert [str(part["lang"]) for part in shown.select(".dpp-guide")] == ["en"]


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("RaggedRow", "a-row-cannot-be-read"),
        ("StashFailed", "ask-the-sites-administrator"),
        ("OperationalError", "loading-was-stopped"),
        (None, "loading-was-stopped"),
    ],
)
def test_an_error_leads_to_its_part(kind: str | None, part: str, tab: Tab) -> None:
    assert finish(tab.queue(), State.ERROR, message="It failed.", error_kind=kind)
    assert help_of(tab) == [("What you can do", f"{GUIDE}#{part}")]
    assert page(tab.app, GUIDE).select(f"#{part}")


@pytest.mark.parametrize("state", [State.CANCELLED, State.SKIPPED], ids=lambda state: state.value)
def test_an_end_without_an_error_leads_nowhere(state: State, tab: Tab) -> None:
    assert finish(tab.queue(), state, message="It ended.")
    assert help_of(tab) == []


def test_warnings_lead_to_what_they_mean(tab: Tab) -> None:
    known: dict[str, Any] = {"rows": 2, "columns": (("tree", "text"),), "file_hash": "abc", "load_key": "key"}
    tab.end(tab.start(), State.WARNED, "2 rows.", Published(**known, warnings=("Doubtful.",)))
    assert help_of(tab) == [("What the warnings mean", f"{GUIDE}#what-the-warnings-mean")]
