"""Files that are no CSV, from upload to table, by a worker that runs."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests import books
from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest


def columns() -> bytes:
    """Return a Parquet file with a text that looks like a number."""
    out = io.BytesIO()
    parquet.write_table(pa.table({"code": ["007"], "size": pa.array([2], pa.int32())}), out)
    return out.getvalue()


POINT = b"""{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "Uster"},
 "geometry": {"type": "Point", "coordinates": [8.72, 47.35]}}]}"""
FILES = {
    "book.xlsx": (books.xlsx(books.rows(("name", "age"), ("Ada", "36"))), [["Ada", 36]]),
    "table.parquet": (columns(), [["007", 2]]),
    "places.geojson": (POINT, [["Uster", "POINT (8.72 47.35)"]]),
    "people.zip": (books.zipped({"data/people.csv": b"name,since\nAda,2026-01-02\n"}), [["Ada", "2026-01-02"]]),
}


@pytest.mark.parametrize("name", FILES)
def test_any_format_becomes_a_table(
    name: str, worker: WorkerUnderTest, dataset: dict, act: Act, upload: Upload, ended: Ended
) -> None:
    content, expected = FILES[name]
    resource = act("resource_create", package_id=dataset["id"], name=name, upload=upload(content, name))
    assert ended(resource, patience=60)["task_info"]["state"] == "complete", worker.output()
    found = act("datastore_search", resource_id=resource["id"], records_format="lists", sort="_id")
    assert [row[1:] for row in found["records"]] == expected


@pytest.mark.smoke
def test_a_cover_sheet_gives_way_to_the_data_and_the_log_says_so(
    worker: WorkerUnderTest, dataset: dict, act: Act, upload: Upload, ended: Ended
) -> None:
    cover = books.rows(["Bulletin on cities"], ["Figures are rounded and may not add up to totals."])
    content = books.xlsx(cover, books.rows(("name", "age"), ("Ada", "36")), names=["Cover", "Data"])
    resource = act("resource_create", package_id=dataset["id"], upload=upload(content, "report.xlsx"))
    status = ended(resource, patience=60)
    said = [line["message"] for line in status["task_info"]["logs"]]
    assert "“Cover” holds text about the data, so “Data” is loaded instead." in said
    assert act("datastore_search", resource_id=resource["id"])["total"] == 1
