"""The DataStore tab of a resource, as an editor sees it, and the runs that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup
from ckan.tests.helpers import CKANTestApp

from ckanext.datapusher_plus import portal
from ckanext.datapusher_plus.core.states import LOADED, State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.runs import database
from ckanext.datapusher_plus.runs.claim import claim
from ckanext.datapusher_plus.runs.finish import finish
from ckanext.datapusher_plus.runs.log import RunLog
from ckanext.datapusher_plus.runs.request import request


@dataclass(frozen=True, kw_only=True)
class Tab:
    """The tab of one resource, with methods to change the run that it shows."""

    app: CKANTestApp
    resource: Mapping[str, Any]
    headers: dict[str, str] = field(repr=False)

    @property
    def path(self) -> str:
        return f"/dataset/{self.resource['package_id']}/resource_data/{self.resource['id']}"

    @property
    def token(self) -> str:
        """The editor's API token."""
        return self.headers["Authorization"]

    def page(self, path: str = "", *, status: int = 200) -> BeautifulSoup:
        """Return the page as an editor sees it."""
        answer = self.app.get(path or self.path, headers=self.headers, status=status)
        return BeautifulSoup(answer.text, "html.parser")

    def press(self, data: Mapping[str, str] | None = None, path: str = "") -> BeautifulSoup:
        """Send a form, and return the page that follows."""
        answer = self.app.post(path or self.path, headers=self.headers, data=dict(data or {}), status=200)
        return BeautifulSoup(answer.text, "html.parser")

    def queue(self) -> str:
        """Request a load, and return the run's id."""
        with database.transaction() as connection:
            return request(connection, self.resource["id"], cause="submit")

    def start(self) -> RunLog:
        """Begin a run as a worker does, and return its log."""
        run_id = self.queue()
        assert claim(run_id, flow_run_id="f00d", worker="test")
        return RunLog(run_id)

    def end(self, log: RunLog, state: State, message: str = "", published: Published | None = None) -> None:
        """End a run as a worker does; a table that it has loaded is shown."""
        if state in LOADED:
            portal.mark_active(self.resource["id"], True)
        assert finish(log._run_id, state, message=message, published=published)
