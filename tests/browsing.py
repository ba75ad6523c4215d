"""A browser (Debian's Chromium, driven by Playwright) that looks at the site inside pytest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

DESKTOP, PHONE = (1280, 900), (360, 740)
_TOO_WIDE = """
  (part) => [...document.querySelectorAll(part + ' *')].filter(
    (each) => each.getBoundingClientRect().right > document.documentElement.clientWidth).map((each) => each.outerHTML)
"""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A person in front of a browser."""

    browser: Browser
    #: address of the site, without a slash at the end
    site: str

    @contextmanager
    def opened(
        self,
        path: str,
        *,
        size: tuple[int, int] = DESKTOP,
        script: bool = True,
        dark: bool = False,
        token: str = "",
    ) -> Iterator[Page]:
        """Open a page in a window of its own.

        :param script: whether the browser runs JavaScript.
        :param dark: show dark colours; CKAN's own theme has only light ones.
        :param token: API token of the user who looks; empty: a reader without a login.
        """
        width, height = size
        # nothing moves, so that a picture is the same each time
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            reduced_motion="reduce",
            extra_http_headers={"Authorization": token} if token else None,
        )
        page = context.new_page()
        page.goto(self.site + path)
        if dark:
            darken(page)
        yield page
        context.close()


def darken(page: Page) -> None:
    """Switch a page to Bootstrap's dark colours, with a dark background, as a site's theme can."""
    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")
    page.add_style_tag(content=".main, .wrapper { background: #212529 !important; }")


@contextmanager
def served(application: Any) -> Iterator[int]:
    """Serve a WSGI application, and return its port."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


def violations(page: Page, part: str = "[role=main]") -> list[dict[str, Any]]:
    """Return what axe-core finds wrong in a part of a page, by default in its main one: its rule, places and reason.

    Header and footer are CKAN's or the site's.
    """
    found = Axe().run(page, context=part)
    return [
        {
            "rule": each["id"],
            "where": [node["html"][:200] for node in each["nodes"][:3]],
            "why": each["nodes"][0]["failureSummary"],
        }
        for each in found.response["violations"]
    ]


def too_wide(page: Page, part: str) -> list[str]:
    """Return the HTML of what reaches beyond the right edge of the window inside a part of a page."""
    return page.evaluate(_TOO_WIDE, part)
