"""A listing of 40 datasets in a browser: which requests its pictures cost, and how it looks at phone width."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from ckan.tests import factories
from playwright.sync_api import Page
from werkzeug import Response
from werkzeug.middleware.shared_data import SharedDataMiddleware

from ckanext.datapusher_plus.model import thumbnail
from ckanext.datapusher_plus.thumbnails import draw, store
from tests.browsing import DESKTOP, PHONE, Visitor, served, violations
from tests.pictures import Pictures, execute, png

CARDS = 40
TO_THE_END = "async () => { for (let y = 0; y < document.body.scrollHeight; y += 300) { scrollTo({top: y, behavior: 'instant'}); await new Promise(r => setTimeout(r, 30)) } scrollTo({top: 0, behavior: 'instant'}) }"  # noqa: E501


@pytest.fixture
def listing(pictured: Pictures, visitor: Visitor, ckan_config: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A listing of 40 datasets with an image each; its pictures are on a static server."""
    monkeypatch.setitem(ckan_config, "ckan.datasets_per_page", CARDS)
    for number in range(CARDS):
        image = {"name": f"image {number}", "format": "PNG", "url": f"http://example.org/{number}.png"}
        factories.Dataset(title=f"Trees of district {number}", notes="Every tree. " * 9, resources=[image])
    static = SharedDataMiddleware(Response("not found", status=404), {"/pictures": str(pictured.folder)})
    # the browser takes 127.0.0.1 for the site (see `visitor`)
    with served(static) as port:
        pictured.set(thumbnail_base_url=f"http://localhost:{port}/pictures")
        yield "/dataset/"


def warm(pictures: Pictures) -> None:
    """Store a picture of each size for each resource."""
    from ckan import model

    for number, (resource_id,) in enumerate(model.Session.query(model.Resource.id)):
        for label, width in (("small", 240), ("medium", 640)):
            path = f"{resource_id}/{label}.0a1b2c3d.png"
            (pictures.folder / path).parent.mkdir(exist_ok=True)
            (pictures.folder / path).write_bytes(png(0x336699 + 400 * number, width, width * 9 // 16))
            row = {"resource_id": resource_id, "label": label, "path": path, "width": width}
            execute(sa.insert(thumbnail).values(**row, recipe=draw.recipe_of("image")))
    model.Session.remove()


@contextmanager
def opened(
    visitor: Visitor, path: str, size: tuple[int, int], *, scale: float = 1
) -> Iterator[tuple[Page, dict[str, list[str]]]]:
    """Open a page, scroll to its end, and return it with the paths of its pictures by host."""
    context = visitor.browser.new_context(viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale)
    page, asked = context.new_page(), dict[str, list[str]]()

    def note(request: Any) -> None:
        url = urlsplit(request.url)
        if "/thumbnail" in url.path or url.path.startswith("/pictures/"):
            asked.setdefault("static" if url.path.startswith("/pictures/") else url.path.split("/")[1], []).append(
                url.path
            )

    page.on("request", note)
    page.on("requestfailed", lambda request: asked.setdefault("failed", []).append(f"{request.failure} {request.url}"))
    page.goto(visitor.site + path)
    page.evaluate(TO_THE_END)
    page.wait_for_load_state("networkidle")
    yield page, asked
    context.close()


@pytest.mark.parametrize(("scale", "label"), [(1, "small"), (3, "medium")])
def test_warm_pictures_cost_the_site_no_request(
    visitor: Visitor, listing: str, pictured: Pictures, pictures: Path, scale: float, label: str
) -> None:
    warm(pictured)
    with opened(visitor, listing, PHONE, scale=scale) as (page, asked):
        page.screenshot(path=pictures / f"listing-warm-phone-{label}.png")
        assert set(asked) == {"static"}
        assert len(asked["static"]) == CARDS
        assert all(f"/{label}." in path for path in asked["static"])
        shown = page.eval_on_selector_all("img.dpp-thumbnail", "all => all.filter(i => i.naturalWidth > 0).length")
        assert shown == CARDS
        ends = page.eval_on_selector_all(".dpp-pictured", "all => all.map(i => i.getBoundingClientRect().right)")
        assert max(ends) <= PHONE[0]


def test_cold_pictures_cost_a_request_each(visitor: Visitor, listing: str, pictured: Pictures, pictures: Path) -> None:
    with store.place(), store.place(), opened(visitor, listing, PHONE) as (page, asked):
        page.screenshot(path=pictures / "listing-cold-phone.png")
        assert len(asked["thumbnail"]) == CARDS
        assert "static" not in asked
        # the neutral picture; the browser keeps it
        assert len(asked["datapusher_plus"]) >= 1
        boxes = page.eval_on_selector_all(
            "img.dpp-thumbnail", "all => all.map(i => [i.offsetWidth, i.offsetHeight].join())"
        )
        assert set(boxes) == {"96,54"}


@pytest.mark.smoke
def test_the_listing_is_accessible(visitor: Visitor, listing: str, pictured: Pictures, pictures: Path) -> None:
    warm(pictured)
    with opened(visitor, listing, DESKTOP) as (page, _):
        page.screenshot(path=pictures / "listing-warm.png")
        assert [each for each in violations(page) if "thumbnail" in str(each["where"])] == []
        page.goto(f"{visitor.site}{page.get_attribute('.dataset-heading a', 'href')}")
        page.screenshot(path=pictures / "dataset.png")
