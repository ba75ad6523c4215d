"""Statistics on real servers: a load makes them, and the next one replaces them."""

from __future__ import annotations

from typing import Any

import pytest

from ckanext.datapusher_plus.core.statistics import TableStatistics
from ckanext.datapusher_plus.statistics import store
from tests.fix_ckan import Act, Runs, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until


def made(resource: dict[str, Any], rows: int, worker: WorkerUnderTest) -> TableStatistics:
    """Wait for the statistics of a table of so many rows."""

    def there() -> bool:
        found = store.load(resource["id"])
        return found is not None and found.rows == rows and not found.stale

    until(there, 60, worker.output)
    found = store.load(resource["id"])
    assert found is not None
    return found


@pytest.mark.smoke
@pytest.mark.usefixtures("worker")
def test_each_load_makes_statistics(
    worker: WorkerUnderTest, uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended, runs: Runs
) -> None:
    ended(uploaded)
    assert made(uploaded, 1, worker).run_id == runs(uploaded["id"])[0]["id"]
    act("resource_update", **{**uploaded, "upload": upload(b"name,age\nAda,NA\nBob,5\nAda,6\n")})
    ended(uploaded, "complete")
    second = made(uploaded, 3, worker)
    assert (second.run_id, second.load_key) == tuple(runs(uploaded["id"])[1][key] for key in ("id", "load_key"))
    name, age = second.columns
    assert (name.top, age.null_words, age.mean, age.empty) == ((("Ada", 2), ("Bob", 1)), {"NA": 1}, 5.5, 1)
