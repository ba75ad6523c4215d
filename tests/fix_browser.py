"""The site inside pytest, served to a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.chromium import Site
    from tests.tab import Tab


@pytest.fixture
def site(tab: Tab, tmp_path: Path) -> Iterator[Site]:
    """Serve the tab of a resource that was never loaded."""
    from werkzeug.serving import make_server

    from tests.chromium import Site

    site = Site(tab=tab, profile=tmp_path / "profile")
    site.server = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=site.server.serve_forever, daemon=True)
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
