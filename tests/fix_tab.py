"""A resource with its DataStore tab, for tests that need CKAN; it is imported when the first of them runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ckan.tests.helpers import CKANTestApp

    from tests.tab import Tab


@pytest.fixture
def make_tab(app: CKANTestApp, with_plugins: None) -> Callable[..., Tab]:
    """Return a function that makes a resource, of any fields, with the tab of an editor of its dataset.

    Everything is new and the editor's own, so no database is emptied for it.
    """

    from ckan.tests import factories

    from tests.tab import Tab

    def make(**fields: Any) -> Tab:
        editor = factories.UserWithToken()
        members = [{"name": editor["name"], "capacity": "editor"}]
        dataset = factories.Dataset(owner_org=factories.Organization(users=members)["id"])
        # a format that nobody asks to load, so that a test begins without a run
        given = {"package_id": dataset["id"], "format": "PDF", "url": "http://example.org/trees.pdf"} | fields
        return Tab(app=app, resource=factories.Resource(**given), headers={"Authorization": editor["token"]})

    return make


@pytest.fixture
def tab(make_tab: Callable[..., Tab]) -> Tab:
    """Return the tab of a resource that was never loaded."""
    return make_tab()
