"""A resource with a table and statistics, and its profile page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from bs4 import BeautifulSoup
from ckan.tests.helpers import CKANTestApp, call_action

from ckanext.datapusher_plus.core.statistics import Bin, ColumnStatistics, Measure, TableStatistics, Withheld
from ckanext.datapusher_plus.statistics import store

#: Of the departures of one airport.
DELAY = ColumnStatistics(
    name="dep_delay",
    type="numeric",
    measure=Measure.NUMBER,
    rows=336776,
    empty=8255,
    null_words={"NA": 8255},
    distinct=527,
    least="-43",
    greatest="1301",
    sum="4152200",
    mean=12.639070257304708,
    deviation=40.210060892129675,
    quartiles=(-5.0, -2.0, 11.0),
    top=(("-5", 24821), ("-4", 24619), ("-3", 24218)),
    histogram=tuple(
        Bin(start=f"{-43 + 67.2 * at:g}", end=f"{-43 + 67.2 * (at + 1):g}", count=count)
        for at, count in enumerate(
            (271003, 37500, 12000, 4600, 1900, 900, 350, 150, 60, 20, 0, 5, 3, 0, 1, 0, 0, 2, 0, 1)
        )
    ),
)
ORIGIN = ColumnStatistics(
    name="origin",
    type="text",
    measure=Measure.TEXT,
    rows=336776,
    empty=0,
    null_words={},
    distinct=3,
    least="EWR",
    greatest="LGA",
    shortest=3,
    longest=3,
    top=(("EWR", 120835), ("JFK", 111279), ("LGA", 104662)),
)
HOUR = ColumnStatistics(
    name="time_hour",
    type="timestamp",
    measure=Measure.TIME,
    rows=336776,
    empty=0,
    null_words={},
    distinct=6936,
    least="2013-01-01 05:00:00",
    greatest="2013-12-31 23:00:00",
    top=(("2013-09-13 08:00:00", 94), ("2013-09-20 08:00:00", 94)),
    histogram=tuple(
        Bin(start=f"2013-{month:02}-01", end=f"2013-{month + 1:02}-01" if month < 12 else "2013-12-31", count=count)
        for month, count in enumerate(
            (27004, 24951, 28834, 28330, 28796, 28243, 29425, 29327, 27574, 28889, 27268, 28135), start=1
        )
    ),
)
LATE = replace(
    ORIGIN,
    name="late",
    type="bool",
    measure=Measure.BOOLEAN,
    empty=300000,
    distinct=2,
    least=None,
    greatest=None,
    shortest=None,
    longest=None,
    top=(("t", 30000), ("f", 6776)),
    true=30000,
    false=6776,
)
PILOT = replace(ORIGIN, name="pilot", least=None, greatest=None, top=(), withheld=Withheld.PERSONAL, distinct=800)
FLIGHT = replace(ORIGIN, name="flight", least=None, greatest=None, top=(), withheld=Withheld.UNIQUE, distinct=336776)
COLUMNS = (DELAY, ORIGIN, HOUR, LATE, PILOT, FLIGHT)
SAID: Mapping[str, Mapping[str, str]] = {
    "dep_delay": {"label": "Departure delay", "notes": "Early departures are **negative**.", "unit": "minutes"},
    "origin": {"label": "Airport of departure"},
}


@dataclass(frozen=True, kw_only=True)
class Profiled:
    """A resource and its profile page."""

    app: CKANTestApp
    dataset: Mapping[str, Any]
    resource: Mapping[str, Any]
    #: an editor's API token
    token: str

    @property
    def path(self) -> str:
        return f"/dataset/{self.dataset['name']}/profile/{self.resource['id']}"

    @property
    def resource_path(self) -> str:
        return f"/dataset/{self.dataset['name']}/resource/{self.resource['id']}"

    def page(self, query: str = "", *, status: int = 200, token: str = "") -> BeautifulSoup:
        """Return the profile page as a reader sees it."""
        answer = self.app.get(self.path + query, headers={"Authorization": token} if token else {}, status=status)
        return BeautifulSoup(answer.text, "html.parser")

    def make_table(self, columns: Sequence[ColumnStatistics], said: Mapping[str, Mapping[str, str]]) -> None:
        """Give the resource a table with these columns."""
        fields = [{"id": each.name, "type": each.type, "info": dict(said.get(each.name, {}))} for each in columns]
        call_action("datastore_create", resource_id=self.resource["id"], fields=fields, force=True)

    def save(self, columns: Sequence[ColumnStatistics], **more: Any) -> None:
        """Store statistics of the table."""
        made = TableStatistics(
            resource_id=self.resource["id"],
            run_id="run",
            load_key="key",
            made_at=datetime(2026, 3, 1, 12, tzinfo=timezone.utc),
            rows=columns[0].rows if columns else 0,
            columns=tuple(columns),
            **more,
        )
        assert store.save(made)

    def make_view(self, view_type: str) -> str:
        """Add a view to the resource, and return its id."""
        view = call_action("resource_view_create", resource_id=self.resource["id"], view_type=view_type, title="View")
        return view["id"]


def text(found: Any) -> str:
    """Return the text of a part of the page on one line."""
    return " ".join(found.get_text(" ").split())


def cards(page: BeautifulSoup) -> dict[str, Any]:
    """Return the cards by title."""
    return {text(found.select_one("h2")): found for found in page.select(".dpp-card")}
