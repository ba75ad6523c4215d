"""From upload to table on real servers: CKAN, PostgreSQL, Prefect and a worker process."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fix_ckan import Act, Runs, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until

pytestmark = pytest.mark.usefixtures("worker")


def rows(act: Act, resource: dict[str, Any]) -> list[list[Any]]:
    found = act("datastore_search", resource_id=resource["id"], records_format="lists", sort="_id")
    return [row[1:] for row in found["records"]]


def test_an_upload_becomes_a_table(worker: WorkerUnderTest, uploaded: dict[str, Any], act: Act, ended: Ended) -> None:
    status = ended(uploaded)
    assert (status["status"], status["task_info"]["state"]) == ("complete", "complete"), worker.output()
    assert rows(act, uploaded) == [["Ada", 36]]
    shown = act("resource_show", id=uploaded["id"])
    assert (shown["datastore_active"], shown["total_record_count"]) == (True, 1)


def test_a_new_file_takes_the_old_ones_place(
    uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended, runs: Runs
) -> None:
    ended(uploaded)
    act("resource_update", **{**uploaded, "upload": upload(b"name,age\nAda,37\nBob,5\n")})
    ended(uploaded, "complete")
    assert rows(act, uploaded) == [["Ada", 37], ["Bob", 5]]
    assert [run["state"] for run in runs(uploaded["id"])] == ["complete", "complete"]


def test_the_same_file_is_not_loaded_again(uploaded: dict[str, Any], act: Act, ended: Ended) -> None:
    ended(uploaded)
    act("datapusher_submit", resource_id=uploaded["id"])
    skipped = ended(uploaded, "skipped")
    assert "has not changed" in skipped["task_info"]["message"]
    # seen without a process of its own
    assert skipped["flow_run_id"] is None
    act("datapusher_submit", resource_id=uploaded["id"], ignore_hash=True)
    assert "1 row was loaded" in ended(uploaded, "complete")["task_info"]["message"]


def test_a_file_that_comes_while_the_last_is_seen_to_be_unchanged_is_loaded(
    worker: WorkerUnderTest, uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended, runs: Runs
) -> None:
    ended(uploaded)
    worker.order(skip__claimed="hold")
    act("datapusher_submit", resource_id=uploaded["id"])
    worker.orders.held()
    act("resource_update", **{**uploaded, "upload": upload(b"name,age\nAda,38\n")})
    worker.order()
    ended(uploaded, "complete")
    assert rows(act, uploaded) == [["Ada", 38]]
    assert [run["state"] for run in runs(uploaded["id"])] == ["complete", "skipped", "complete"]


def test_a_worker_that_dies_while_it_looks_at_an_unchanged_file_loses_no_request(
    worker: WorkerUnderTest, uploaded: dict[str, Any], act: Act, ended: Ended
) -> None:
    ended(uploaded)
    worker.stop()
    worker.start(run_retries="1")
    worker.order(skip__claimed="sigkill*1")
    act("datapusher_submit", resource_id=uploaded["id"])
    until(lambda: not worker.alive(), 30)
    worker.start(run_retries="1")
    assert ended(uploaded, "complete")["task_info"]["tries"] == 2


def test_a_dry_run_writes_nothing(worker: WorkerUnderTest, uploaded: dict[str, Any], act: Act, ended: Ended) -> None:
    ended(uploaded)
    worker.order(stage__filled="raise")
    act("datapusher_submit", resource_id=uploaded["id"], ignore_hash=True, dry_run=True)
    assert "1 row" in ended(uploaded, "skipped")["task_info"]["message"]


def test_the_newest_of_many_uploads_wins(
    uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended, runs: Runs
) -> None:
    for age in range(5):
        act("resource_update", **{**uploaded, "upload": upload(f"name,age\nAda,{age}\n".encode())})
    ended(uploaded, "complete")
    assert rows(act, uploaded) == [["Ada", 4]]
    assert len(runs(uploaded["id"])) < 6
