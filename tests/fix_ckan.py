"""Fixtures: a portal with one dataset, files to upload, and the runs in the database."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

CSV = b"name,age\nAda,36\n"

Act = Callable[..., Any]
Upload = Callable[..., FileStorage]
Runs = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def loaded(request: pytest.FixtureRequest) -> None:
    """Load the plugins of test.ini, and those that a `with_plugins` mark adds for one test.

    Loading takes half a second, so plugins stay loaded from test to test.
    """
    from ckan import plugins

    if request.node.get_closest_marker("with_plugins"):
        request.getfixturevalue("with_plugins")
    elif not plugins.plugin_loaded("datapusher_plus"):
        plugins.load_all()


@pytest.fixture
def act() -> Act:
    """Return a function that calls an action as a sysadmin."""
    from ckan.plugins import toolkit as tk
    from ckan.tests import factories

    user = factories.Sysadmin()["name"]

    def carry_out(action: str, **data: Any) -> Any:
        return tk.get_action(action)({"user": user}, data)

    return carry_out


@pytest.fixture
def dataset(loaded: None, clean_db: None) -> dict[str, Any]:
    """An empty dataset in an empty portal with the plugin."""
    from ckan.tests import factories

    return factories.Dataset()


@pytest.fixture
def upload() -> Upload:
    """Return a function that creates an uploaded file, as from a form."""
    return lambda content=CSV, name="people.csv": FileStorage(io.BytesIO(content), filename=name)


@pytest.fixture
def uploaded(dataset: dict[str, Any], act: Act, upload: Upload) -> dict[str, Any]:
    """A resource with an uploaded CSV file."""
    return act("resource_create", package_id=dataset["id"], name="people", upload=upload())


@pytest.fixture
def runs() -> Runs:
    """Return a function that returns the committed runs of one resource or of all, oldest first."""
    import sqlalchemy as sa
    from ckan import model

    from ckanext.datapusher_plus.model import run

    def committed(resource_id: str | None = None) -> list[dict[str, Any]]:
        query = sa.select(run).order_by(run.c.requested_at)
        if resource_id:
            query = query.where(run.c.resource_id == resource_id)
        with model.ensure_engine().begin() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    return committed


@pytest.fixture
def worker_site(app: Any) -> Iterator[Any]:
    """The module ``portal.app`` with CKAN loaded, as in a worker."""
    from ckanext.datapusher_plus.portal import app as ckan_app

    before, ckan_app._app = ckan_app._app, app.app
    yield ckan_app
    ckan_app._app = before
