"""From upload to table on real servers: CKAN, PostgreSQL, Prefect and a worker process."""

from __future__ import annotations

from typing import Any

import pytest
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp

from tests.fix_ckan import Act, Runs, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until

pytestmark = pytest.mark.usefixtures("worker")


def rows(act: Act, resource: dict[str, Any]) -> list[list[Any]]:
    found = act("datastore_search", resource_id=resource["id"], records_format="lists", sort="_id")
    return [row[1:] for row in found["records"]]


@pytest.mark.smoke
def test_an_upload_becomes_a_table(worker: WorkerUnderTest, uploaded: dict[str, Any], act: Act, ended: Ended) -> None:
    status = ended(uploaded)
    assert (status["status"], status["task_info"]["state"]) == ("complete", "complete"), worker.output()
    assert rows(act, uploaded) == [["Ada", 36]]
    shown = act("resource_show", id=uploaded["id"])
    assert (shown["datastore_active"], shown["total_record_count"]) == (True, 1)


@pytest.mark.smoke
def test_a_new_file_takes_the_old_ones_place(
    uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended, runs: Runs
) -> None:
    ended(uploaded)
    act("resource_update", **{**uploaded, "upload": upload(b"name,age\nAda,37\nBob,5\n")})
    ended(uploaded, "complete")
    assert rows(act, uploaded) == [["Ada", 37], ["Bob", 5]]
    assert [run["state"] for run in runs(uploaded["id"])] == ["complete", "complete"]


def grown(count: int) -> bytes:
    """Return a file of many rows, more than 4 MiB of them when there are 1,100."""
    return ("name,age\n" + "".join(f"{'x' * 4000}{number},{number}\n" for number in range(count))).encode()


def told(status: dict[str, Any]) -> str:
    return " ".join(line["message"] for line in status["task_info"]["logs"])


@pytest.mark.smoke
def test_a_file_that_has_only_grown_has_its_new_rows_added(
    uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    ended(uploaded)
    act("resource_update", **{**uploaded, "upload": upload(grown(1100))})
    assert "are added to" not in told(ended(uploaded, "complete"))
    act("resource_update", **{**uploaded, "upload": upload(grown(1150))})
    status = ended(uploaded, "complete")
    assert "50 rows are added to 1,100 in the table" in told(status)
    assert "1,150 rows were loaded" in status["task_info"]["message"]
    found = act("datastore_search", resource_id=uploaded["id"], sort="_id desc", limit=1)
    assert (found["total"], found["records"][0]["_id"], found["records"][0]["age"]) == (1150, 1150, 1149)
    assert act("resource_show", id=uploaded["id"])["total_record_count"] == 1150


def test_rows_whose_adding_dies_come_with_the_next_load(
    worker: WorkerUnderTest, uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    act("resource_update", **{**uploaded, "upload": upload(grown(1100))})
    ended(uploaded, "complete")
    worker.order(append__added="sigkill*1")
    act("resource_update", **{**uploaded, "upload": upload(grown(1150))})
    ended(uploaded, "error")
    assert act("datastore_search", resource_id=uploaded["id"], limit=0)["total"] == 1100
    act("datapusher_submit", resource_id=uploaded["id"])
    assert "are added to" not in told(ended(uploaded, "complete"))
    assert act("datastore_search", resource_id=uploaded["id"], limit=0)["total"] == 1150


@pytest.mark.smoke
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


@pytest.mark.smoke
def test_a_dry_run_writes_nothing(worker: WorkerUnderTest, uploaded: dict[str, Any], act: Act, ended: Ended) -> None:
    ended(uploaded)
    worker.order(stage__filled="raise")
    act("datapusher_submit", resource_id=uploaded["id"], ignore_hash=True, dry_run=True)
    until(lambda: (shown(act, uploaded) or {}).get("state") == "skipped", 30)
    found = shown(act, uploaded)
    assert found
    assert ("Rows: 1," in found["message"], found["difference"]["rows_before"]) == (True, 1)
    assert ended(uploaded)["task_info"]["state"] == "complete"


def shown(act: Act, resource: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the last dry run found, or None."""
    return act("datapusher_status", resource_id=resource["id"])["dry_run"]


def test_the_newest_of_many_uploads_wins(
    uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended, runs: Runs
) -> None:
    for age in range(5):
        act("resource_update", **{**uploaded, "upload": upload(f"name,age\nAda,{age}\n".encode())})
    ended(uploaded, "complete")
    assert rows(act, uploaded) == [["Ada", 4]]
    assert len(runs(uploaded["id"])) < 6


#: in a file, a value for each type of the Data Dictionary, of a column that would have another type without it
OF_TYPE = {
    "text": "7",
    "numeric": "",
    "int4": "7",
    "int8": "8",
    "float8": "2.5",
    "timestamp": "2026-01-02",
    "date": "2026-01-02T00:00:00",
    "bool": "1",
}


def test_every_type_can_be_chosen_in_the_data_dictionary_form_and_is_that_of_the_next_load(
    dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended, app: CKANTestApp
) -> None:
    header, row = (",".join(line).encode() + b"\n" for line in (OF_TYPE, OF_TYPE.values()))
    resource = act("resource_create", package_id=dataset["id"], upload=upload(header + row), format="CSV")
    types = [column[1] for column in ended(resource, "complete")["task_info"]["columns"]]
    assert [kind for kind, found in zip(OF_TYPE, types, strict=True) if kind == found] == []
    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    form = {f"info__{place}__type_override": kind for place, kind in enumerate(OF_TYPE, 1)}
    app.post(f"/dataset/{dataset['id']}/dictionary/{resource['id']}", headers=headers, data=form, status=200)
    act("resource_patch", id=resource["id"], upload=upload(header + row * 2))
    assert ended(resource, "complete", "complete_with_warnings")["task_info"]["state"] == "complete"
    fields = act("datastore_info", id=resource["id"])["fields"]
    assert [(f["id"], f["type"], f["info"]["type_override"]) for f in fields] == [(kind,) * 3 for kind in OF_TYPE]
