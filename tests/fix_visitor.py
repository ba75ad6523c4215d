"""Fixtures: a real browser at the site inside pytest, and the folder for its pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from ckan.tests.helpers import CKANTestApp

    from tests.browsing import Visitor


@pytest.fixture
def visitor(loaded: None, app: CKANTestApp) -> Iterator[Visitor]:
    """A reader in front of a browser."""
    from ckan.common import config
    from playwright.sync_api import sync_playwright

    from tests.browsing import Visitor, served

    site = config["ckan.site_url"]
    with served(app.flask_app) as port, sync_playwright() as playwright:
        # CKAN's scripts and iframes use the site's own address; root of a container has no sandbox
        names = f"--host-resolver-rules=MAP {urlsplit(site).hostname} 127.0.0.1:{port}"
        options = ["--no-sandbox", "--disable-gpu", names]
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=options)
        yield Visitor(browser=browser, site=site)
        browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The folder for pictures: `make pictures` names one, other runs throw them away."""
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
