"""A real browser (Chromium) that is logged in as an editor."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from werkzeug import Response
from werkzeug.serving import BaseWSGIServer

from tests.tab import Tab

#: Command for a headless browser without background network requests that can run as root in a container.
CHROMIUM = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


@dataclass(kw_only=True)
class Site:
    """A web server for one editor; it counts the polls of the page, and can answer them instead of CKAN."""

    tab: Tab
    profile: Path
    #: called at each poll of the run's status with the number of the poll; returns the HTTP status with which a proxy
    #: in front of CKAN answers, or "" to let CKAN answer
    on_look: Callable[[int], str] = field(default=lambda look: "")
    looks: int = 0
    #: whether the editor is logged in
    logged_in: bool = True
    #: JavaScript that runs at the end of each page
    script: str = ""
    server: BaseWSGIServer | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """WSGI application: answer a request as the editor."""
        if environ["PATH_INFO"].endswith("/status"):
            self.looks += 1
            if status := self.on_look(self.looks):
                start_response(status, [("Location", "/user/login")])
                return []
        if self.logged_in:
            environ["HTTP_AUTHORIZATION"] = self.tab.headers["Authorization"]
        answer = Response.from_app(self.tab.app.flask_app, environ)
        if self.script and answer.mimetype == "text/html":
            answer.set_data(answer.get_data().replace(b"</body>", f"<script>{self.script}</script></body>".encode()))
        return answer(environ, start_response)

    def open(self, *, language: str = "", patience: int = 5) -> BeautifulSoup:
        """Open the tab, and return the page as it is after its scripts ran for ``patience`` seconds of virtual time."""
        assert self.server
        address = f"http://127.0.0.1:{self.server.port}{language and '/' + language}{self.tab.path}"
        options = [f"--user-data-dir={self.profile}", f"--virtual-time-budget={patience * 1000}", "--dump-dom"]
        done = subprocess.run([*CHROMIUM, *options, address], check=True, capture_output=True, text=True, timeout=120)
        return BeautifulSoup(done.stdout, "html.parser")
