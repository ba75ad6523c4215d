"""Fixtures: a real browser at the site inside pytest, and the folder for its pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ckan.tests.helpers import CKANTestApp

    from tests.browsing import Visitor


@pytest.fixture
def visitor(loaded: None, app: CKANTestApp) -> Iterator[Visitor]:
    """A reader in front of a browser."""
    from playwright.sync_api import sync_playwright

    from tests.browsing import Visitor, served

    with served(app.flask_app) as site, sync_playwright() as playwright:
        # root of a container has no sandbox
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=options)
        yield Visitor(browser=browser, site=site)
        browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The folder for pictures: `make pictures` names one, other runs throw them away."""
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
