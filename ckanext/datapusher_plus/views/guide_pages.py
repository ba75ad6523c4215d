"""The guide for publishers on the site itself: pages of the documentation, rendered to HTML."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from ckan.plugins import toolkit as tk
from flask import Blueprint
from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.toc import TocExtension
from markdown.treeprocessors import Treeprocessor

from ..core.guide import part_about

__all__ = ["guide"]

guide = Blueprint("datapusher_plus_guide", __name__, url_prefix="/datapusher-plus/guide")

#: The pages: files of docs/, to which the package has symbolic links.
FOLDER = Path(__file__).parents[1] / "guide"
#: Names of routes by file.
PAGES = {"publishers.md": "index", "files.md": "files"}
#: Where the documentation has the pictures, seen from docs/, and where a site has them.
PICTURES, PUBLIC = "../ckanext/datapusher_plus/public", "/datapusher_plus/guide/"
STATIC = Path(__file__).parents[1] / "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidePage:
    """A page of the guide."""

    title: str
    #: HTML made from a file of this package, so it is safe
    body: str
    #: HTML: a list of the page's parts
    contents: str


def index() -> str:
    """Return the guide."""
    return _rendered("publishers.md")


def files() -> str:
    """Return the page with the rules by which a file becomes a table."""
    return _rendered("files.md")


def address(part: str = "") -> str:
    """Return the address of the guide, or of the part with an anchor."""
    return tk.url_for("datapusher_plus_guide.index") + (f"#{part}" if part else "")


def error_address(status: dict[str, Any] | None) -> str:
    """Return the address of the part about the error that ended a run; empty if none did.

    :param status: a reply of ``datapusher_status``.
    """
    kind = ((status or {}).get("task_info") or {}).get("kind")
    return address(part_about(kind)) if kind else ""


def anchor(title: str, separator: str = "-") -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", separator)


def size_of(png: Path) -> tuple[int, int]:
    """Return the width and the height of a PNG file in pixels, which stand in its first chunk."""
    with png.open("rb") as file:
        return struct.unpack(">II", file.read(24)[16:])


def render(text: str, *, targets: tuple[tuple[str, str], ...]) -> GuidePage:
    """Render a page of the documentation.

    :param targets: for the start of a link's target, with what it is replaced; links to anything else become text.
    """
    contents = TocExtension(slugify=anchor, toc_depth="2-3")
    markdown = Markdown(extensions=["tables", "fenced_code", "sane_lists", contents, _Links(targets)])
    title, _, rest = text.partition("\n")
    body = markdown.convert(rest)
    return GuidePage(title=title.removeprefix("# "), body=body, contents=markdown.toc)  # pyright: ignore[reportAttributeAccessIssue]


class _Links(Extension):
    def __init__(self, targets: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self._targets = targets

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (Markdown's name)
        # after inline patterns (20), which make the links
        md.treeprocessors.register(_Relink(md, self._targets), "datapusher_plus_links", 1)


class _Relink(Treeprocessor):
    def __init__(self, md: Markdown, targets: tuple[tuple[str, str], ...]) -> None:
        super().__init__(md)
        self._targets = targets

    def run(self, root: Element) -> None:
        for link in list(root.iter("a")):
            target = self._target(link.get("href", ""))
            if target is None:
                link.tag, link.attrib = "span", {}
            else:
                link.set("href", target)
        for image in root.iter("img"):
            self._place(image)
        for table in root.iter("table"):
            table.set("class", "table")
            _without_empty_headings(table)

    def _place(self, image: Element) -> None:
        """Give a picture its address, and its size, so that it moves no heading that somebody has jumped to."""
        written = image.get("src", "")
        image.attrib.update(src=self._target(written) or "", loading="lazy")
        image.set("class", "img-fluid")
        if written.startswith(PICTURES):
            width, height = size_of(STATIC / written.removeprefix(f"{PICTURES}/"))
            image.attrib.update(width=str(width), height=str(height))

    def _target(self, written: str) -> str | None:
        if written.startswith(("#", "https://")):
            return written
        return next((new + written.removeprefix(old) for old, new in self._targets if written.startswith(old)), None)


def _without_empty_headings(table: Element) -> None:
    """Turn headings without text, which Markdown needs, into cells; a head without any heading is removed."""
    head = table.find("thead")
    headings = list(head.iter("th")) if head is not None else []
    for heading in headings:
        if not "".join(heading.itertext()).strip():
            heading.tag = "td"
    if head is not None and all(heading.tag == "td" for heading in headings):
        table.remove(head)


@lru_cache(maxsize=16)
def _page(name: str, targets: tuple[tuple[str, str], ...]) -> GuidePage:
    return render((FOLDER / name).read_text(encoding="utf-8"), targets=targets)


def _rendered(name: str) -> str:
    pages = tuple((file, tk.url_for(f"datapusher_plus_guide.{route}")) for file, route in PAGES.items())
    pictures = (f"{PICTURES}{PUBLIC}", tk.h.url_for_static(PUBLIC))
    return tk.render("datapusher/guide.html", {"page": _page(name, (*pages, pictures))})


guide.add_url_rule("", view_func=index)
guide.add_url_rule("/files", view_func=files)
