"""An uploaded file: repeated rows, a preview, and the extent of its places are in the resource, each load anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest

PLACES = b"name,lat,lon\na,52.5,13.25\nb,48,2.5\na,52.5,13.25\n"
EXTENT = {"type": "BoundingBox", "coordinates": [[2.5, 48], [13.25, 52.5]]}
FIELDS = ("dpp_duplicates", "dpp_spatial_extent", "preview", "preview_rows", "total_record_count")


@pytest.fixture(autouse=True)
def worker(worker_process: WorkerUnderTest) -> WorkerUnderTest:
    worker_process.start(auto_alias="{resource}-{package}")
    return worker_process


@pytest.mark.smoke
def test_a_resource_tells_what_is_in_its_table(dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended) -> None:
    act("package_patch", id=dataset["id"], extras=[{"key": "spatial", "value": "by hand"}])

    def loaded(content: bytes, **options: Any) -> list[Any]:
        assert (
            ended(act("resource_patch", id=resource["id"], upload=upload(content), **options))["status"] == "complete"
        )
        shown = act("resource_show", id=resource["id"])
        return [shown.get(name) for name in FIELDS]

    resource = act("resource_create", package_id=dataset["id"], upload=upload(PLACES), format="CSV", name="places")
    assert ended(resource)["task_info"]["state"] == "complete"
    shown = act("resource_show", id=resource["id"])
    assert [shown.get(name) for name in FIELDS] == [1, EXTENT, None, None, 3]
    assert loaded(PLACES, dpp_dedup=True) == [1, EXTENT, None, None, 2]
    assert loaded(PLACES, dpp_dedup="", dpp_preview_rows=-1) == [1, EXTENT, True, 1, 3]
    assert loaded(b"name,lat\na,1.5\n", dpp_preview_rows="") == [0, None, None, None, 1]
    extras = act("package_show", id=dataset["id"])["extras"]
    assert [(extra["key"], extra["value"]) for extra in extras] == [("spatial", "by hand")]
    alias = f"places-{dataset['name']}"
    assert act("datastore_search", resource_id=alias)["total"] == 1
    act("resource_patch", id=resource["id"], name="sites", upload=upload(b"name\nx\ny\n"))
    assert ended(resource)["task_info"]["rows"] == 2
    assert act("datastore_search", resource_id=alias)["total"] == 2
