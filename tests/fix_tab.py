"""Fixtures: a resource with its DataStore tab. CKAN is imported when the first test uses one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ckan.tests.helpers import CKANTestApp

    from tests.tab import Tab


@pytest.fixture
def make_tab(app: CKANTestApp, with_plugins: None) -> Callable[..., Tab]:
    """Return a function that creates a resource with the given fields, and returns its tab as an editor sees it.

    Organization, dataset and editor are new each time, so the database need not be emptied.
    """

    from ckan.tests import factories

    from tests.tab import Tab

    def make(**fields: Any) -> Tab:
        editor = factories.UserWithToken()
        members = [{"name": editor["name"], "capacity": "editor"}]
        dataset = factories.Dataset(owner_org=factories.Organization(users=members)["id"])
        # a format that is not loaded automatically, so that a test begins without a run
        given = {"package_id": dataset["id"], "format": "PDF", "url": "http://example.org/trees.pdf"} | fields
        return Tab(app=app, resource=factories.Resource(**given), headers={"Authorization": editor["token"]})

    return make


@pytest.fixture
def tab(make_tab: Callable[..., Tab]) -> Tab:
    """The tab of a resource that was never loaded."""
    return make_tab()
