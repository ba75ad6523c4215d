"""The guide for publishers: every error has a part in it, and every link and picture is there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from ckanext.datapusher_plus.core import errors, guide
from ckanext.datapusher_plus.views.guide_pages import FOLDER, PAGES, PICTURES, PUBLIC, render

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SHOTS = ROOT / "ckanext/datapusher_plus/public/datapusher_plus/guide"
#: only subclasses of these end a run
ABSTRACT = {"IngestError", "Terminal", "Transient", "Skipped", "RowsRefused", "Held"}
KINDS = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)} - ABSTRACT
LARGEST = 60_000
TARGETS = (("publishers.md", "/guide"), ("files.md", "/guide/files"), (f"{PICTURES}{PUBLIC}", "/static/"))


def page(name: str) -> BeautifulSoup:
    return BeautifulSoup(render((DOCS / name).read_text(), targets=TARGETS).body, "html.parser")


def anchors(name: str) -> list[str]:
    return [str(heading["id"]) for heading in page(name).select("[id]")]


def pictures() -> set[str]:
    return set(re.findall(r"!\[[^\]]+\]\([^)]*/guide/([^)/]+)\)", (DOCS / "publishers.md").read_text()))


def test_every_kind_of_error_has_a_part_or_is_the_operators() -> None:
    explained = {kind for kinds in guide.PARTS.values() for kind in kinds}
    assert KINDS - explained - guide.OPERATOR == set()
    assert set() == guide.OPERATOR - KINDS, "no such error"
    assert explained & guide.OPERATOR == set()


def test_every_part_is_in_the_guide() -> None:
    named = {*guide.PARTS, guide.FOR_OPERATOR, guide.OTHERWISE, guide.WARNINGS, guide.OLDER_TABLE}
    assert named - set(anchors("publishers.md")) == set()


@pytest.mark.parametrize("kind", ["Interrupted", "OperationalError", "TerminationSignal"])
def test_an_error_from_outside_leads_to_a_part(kind: str) -> None:
    assert guide.part_about(kind) == guide.OTHERWISE


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere_on_the_site(name: str) -> None:
    homes = {"": name, "/guide": "publishers.md", "/guide/files": "files.md"}
    for link in page(name).select("a[href]"):
        target, _, anchor = str(link["href"]).partition("#")
        if not target.startswith("https://"):
            assert target in homes, link
            assert not anchor or anchor in anchors(homes[target]), link


@pytest.mark.parametrize("name", PAGES)
def test_no_link_leads_to_a_page_that_the_site_does_not_have(name: str) -> None:
    assert [link for link in page(name).select("a") if ".md" in str(link.get("href"))] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_anchor_is_there_once(name: str) -> None:
    assert len(anchors(name)) == len(set(anchors(name)))


@pytest.mark.parametrize("name", PAGES)
def test_the_package_has_the_page(name: str) -> None:
    assert (FOLDER / name).read_text() == (DOCS / name).read_text()


def test_every_picture_is_there_and_small_and_shown() -> None:
    kept = {path.name: path.stat().st_size for path in SHOTS.glob("*.png")}
    assert pictures() == set(kept)
    assert {name: size for name, size in kept.items() if size >= LARGEST} == {}


def test_every_picture_has_words_for_those_who_do_not_see_it() -> None:
    images = page("publishers.md").select("img")
    assert [image["src"] for image in images if not image.get("alt")] == []
    assert {str(image["src"]) for image in images} == {f"/static/{name}" for name in pictures()}


def test_every_picture_has_its_size_so_that_headings_stay_where_a_link_has_led() -> None:
    for image in page("publishers.md").select("img"):
        with Image.open(SHOTS / str(image["src"]).rpartition("/")[2]) as picture:
            assert (image["width"], image["height"]) == tuple(map(str, picture.size))


def test_text_of_a_page_cannot_become_markup_by_a_link() -> None:
    made = render("# T\n\n[a](javascript:alert)\n\n![b](http://elsewhere/b.png)\n", targets=TARGETS)
    assert "javascript" not in made.body
    assert "elsewhere" not in made.body


def test_a_table_without_headings_has_no_empty_ones() -> None:
    made = render("# T\n\n| | |\n|---|---|\n| a | b |\n\n| c | |\n|---|---|\n| d | e |\n", targets=())
    first, second = BeautifulSoup(made.body, "html.parser").select("table")
    assert (first.select("thead"), [cell.text for cell in first.select("td")]) == ([], ["a", "b"])
    assert [cell.text for cell in second.select("th")] == ["c"]
