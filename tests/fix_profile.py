"""Fixtures: a resource with statistics. CKAN is imported when the first test uses one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ckan.tests.helpers import CKANTestApp

    from tests.profiles import Profiled


@pytest.fixture
def make_profile(loaded: None, app: CKANTestApp) -> Callable[..., Profiled]:
    """Return a function that creates a resource with a table and statistics in a new organization."""
    from ckan.tests import factories

    from tests.profiles import SAID, Profiled

    def make(columns: Sequence[Any] = (), *, said: Any = SAID, private: bool = False, **more: Any) -> Profiled:
        editor = factories.UserWithToken()
        organization = factories.Organization(users=[{"name": editor["name"], "capacity": "editor"}])
        dataset = factories.Dataset(owner_org=organization["id"], private=private, title="Departures")
        given = {"package_id": dataset["id"], "format": "PDF", "url": "http://example.org/f.pdf", "name": "Flights"}
        resource = factories.Resource(**given)
        made = Profiled(app=app, dataset=dataset, resource=resource, token=editor["token"])
        if columns:
            made.make_table(columns, said)
            made.save(columns, **more)
        return made

    return make


@pytest.fixture
def flights(make_profile: Callable[..., Profiled]) -> Profiled:
    """A public resource with columns of every kind."""
    from tests.profiles import COLUMNS

    return make_profile(COLUMNS, duplicates=0)
