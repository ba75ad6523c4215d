"""Pictures of real tables and of fetched files: what is shown, and what never is."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.datastore import sample
from ckanext.datapusher_plus.statistics import store
from ckanext.datapusher_plus.statistics.make import Job, make
from ckanext.datapusher_plus.statistics.store import Known
from ckanext.datapusher_plus.thumbnails import draw, tables
from ckanext.datapusher_plus.thumbnails.picture import CannotDrawNow, NothingToDraw


class Site:
    """One resource, and a connection to the datastore as its write role."""

    def __init__(self, resource: dict[str, Any], connection: psycopg.Connection) -> None:
        self.resource, self.id, self.connection = resource, resource["id"], connection

    def table(self, columns: str, rows: str, *, personal: str = "", found: str = "") -> dict[str, Any]:
        """Create a table with the rows of a query and its statistics, and return its chart.

        :param personal: column that the Data Dictionary marks; ``found``: one in which the run found personal data.
        """
        name = sql.Identifier(self.id).as_string(self.connection)
        self.run(
            f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} (_id serial PRIMARY KEY, _full_text tsvector, {columns})"
        )
        self.run(f"INSERT INTO {name} SELECT row_number() OVER (), NULL, * FROM ({rows}) AS rows")
        store.expect(self.id, "one", Known(personal=frozenset({found} - {""})))
        assert make(Job(resource_id=self.id, run_id="one", load_key="key", seconds=60)) is not None
        if personal:
            self.run(f"COMMENT ON COLUMN {name}.{personal} IS '" + ' {"_info": {"pii": "yes"}}' + "'")
        from ckan.plugins import toolkit as tk

        reader = conninfo_to_dict(tk.config["ckan.datastore.read_url"])["user"]
        self.run(f'GRANT SELECT ON {name} TO "{reader}"')
        return tables.drawing_of(self.id)

    def run(self, statement: str) -> None:
        self.connection.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]


@pytest.fixture
def site(uploaded: dict[str, Any]) -> Iterator[Site]:
    from ckan.plugins import toolkit as tk

    with psycopg.connect(tk.config["ckan.datastore.write_url"], autocommit=True) as connection:
        made = Site(uploaded, connection)
        yield made
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(made.id)))
    store.remove(made.id)


CHARTS = {
    "dots": ("lat numeric, lon numeric, n int", "SELECT 47 + n / 100.0, 8 + n / 50.0, n FROM generate_series(1, 30) n"),
    "dots of shapes": ("name text, geometry text", "SELECT 'a', 'POINT (' || n || ' 47)' FROM generate_series(1, 9) n"),
    "line": ("day date, visitors int", "SELECT date '2026-01-01' + n, n * 10 FROM generate_series(0, 99) n"),
    "bars": ("kind text, n int", "SELECT 'kind ' || n % 3, n FROM generate_series(1, 30) n"),
    "bars of truths": ("t text, b boolean", "SELECT 'x' || n, n > 3 FROM generate_series(1, 30) n"),
    "histogram": ("size numeric, t text", "SELECT (n * n) % 97, 'x' || n FROM generate_series(1, 200) n"),
    "cells": ("word text, day date", "SELECT 'w' || n / 2, NULL::date FROM generate_series(1, 60) n"),
}


@pytest.mark.parametrize("what", CHARTS)
def test_the_chart_fits_the_columns(what: str, site: Site) -> None:
    drawing = site.table(*CHARTS[what])
    assert drawing["chart"] == what.partition(" ")[0]
    picture = draw.draw({"id": site.id, "datastore_active": True}, "table", [240])[240]
    assert (picture.content_type, picture.width, picture.height) == ("image/png", 240, 135)


def test_the_charts_have_the_values_of_the_table(site: Site) -> None:
    assert site.table(*CHARTS["bars"])["bars"] == [["kind 0", 10], ["kind 1", 10], ["kind 2", 10]]
    line = site.table(*CHARTS["line"])
    assert (line["points"][0], line["points"][-1], line["ends"]) == ((0, 0), (1, 990), ["2026-01-01", "2026-04-10"])
    assert site.table(*CHARTS["dots of shapes"])["points"] == [(n, 47) for n in range(1, 10)]
    cells = site.table(*CHARTS["cells"])
    assert (cells["header"], cells["rows"][1]) == (["word", "day"], ["w1", ""])
    assert len(cells["rows"]) == 5


PERSONAL = {
    "lat": CHARTS["dots"],
    "geometry": CHARTS["dots of shapes"],
    "visitors": CHARTS["line"],
    "kind": CHARTS["bars"],
    "b": CHARTS["bars of truths"],
    "size": CHARTS["histogram"],
    "word": CHARTS["cells"],
}


@pytest.mark.parametrize("column", PERSONAL)
@pytest.mark.parametrize("how", ["personal", "found"])
def test_a_personal_column_is_never_in_a_picture(column: str, how: str, site: Site) -> None:
    try:
        drawing = site.table(*PERSONAL[column], **{how: column})
    except NothingToDraw:
        return
    assert column not in json.dumps(drawing)
    assert drawing["chart"] != "dots"


def test_of_texts_that_are_all_different_no_value_is_shown(site: Site) -> None:
    with pytest.raises(NothingToDraw, match="nothing that a picture could show"):
        site.table("name text, word text", "SELECT 'n' || n, 'w' || n FROM generate_series(1, 60) n")


def test_a_large_table_is_sampled(site: Site) -> None:
    rows = "SELECT 47 + n / 200000.0, 8 + n / 100000.0, n FROM generate_series(1, 300000) n"
    points = site.table(CHARTS["dots"][0], rows)["points"]
    with sample.open_sample(site.id, rows=300_000) as found:
        assert 100_000 < len(found.pairs("lat", "lon", 200_000)) < 290_000
    assert 500 < len(points) < 3000
    assert max(x for x, _ in points) - min(x for x, _ in points) > 2


def test_without_statistics_there_is_no_picture_and_values_that_are_no_numbers_are_left_out(site: Site) -> None:
    with pytest.raises(NothingToDraw, match="no statistics"):
        tables.drawing_of(site.id)
    odd = "SELECT date '2026-01-01' + n, CASE WHEN n = 5 THEN 'NaN' ELSE n::float8 END FROM generate_series(0, 99) n"
    assert len(site.table("day date, n float8", odd)["points"]) == 99


@pytest.mark.parametrize("timeout", [(1.0, 0.5), (0.5, 0.2)])
def test_a_server_that_does_not_answer_is_waited_for_as_long_as_asked(
    timeout: tuple[float, float], with_plugins: None, ckan_config: Any
) -> None:
    before = settings.current()
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        settings.use(replace(before, allowed_internal_hosts=frozenset({host})))
        try:
            with pytest.raises(CannotDrawNow, match="try again later"):
                draw.draw({"id": "r", "url": f"http://{host}/a.png"}, "image", [240], timeout=timeout)
        finally:
            settings.use(before)
    assert draw.TIMEOUT == (5, 30)
    with pytest.raises(ValueError, match="finite"):
        draw.draw({"id": "r", "url": f"http://{host}/a.png"}, "image", [240], timeout=(5, float("inf")))


def test_an_internal_address_and_a_large_file_have_no_picture(uploaded: dict[str, Any]) -> None:
    with pytest.raises(NothingToDraw, match="may not fetch"):
        draw.draw({"id": "r", "url": "http://127.0.0.1/a.png"}, "image", [240])
    with pytest.raises(NothingToDraw, match="more than 5 bytes"):
        draw.draw(uploaded, "image", [240], max_bytes=5)
    with pytest.raises(NothingToDraw, match="not an image"):
        draw.draw(uploaded, "image", [240])
