"""The worker as operators know it: stopped, cut off from Prefect, and asked to put things right."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.fix_ckan import Act, Upload
from tests.fix_gate import Gates
from tests.fix_worker import Command, Ended, WorkerUnderTest, until
from tests.servers import RunningStack


@pytest.mark.smoke
def test_an_upload_while_prefect_is_away_is_loaded_when_it_is_back(
    worker: WorkerUnderTest, uploaded: dict[str, Any], ended: Ended, act: Act, gates: Gates
) -> None:
    ended(uploaded, "complete")
    gates.prefect.shut()
    act("datapusher_submit", resource_id=uploaded["id"], ignore_hash=True)
    until(lambda: "waits for a server" in worker.output(), 30, worker.output)
    assert ended(uploaded, "queued")["status"] == "pending"
    gates.prefect.open()
    assert ended(uploaded, "complete", patience=60)["task_info"]["cause"] == "submit"


def test_a_worker_told_to_stop_finishes_what_it_is_at(
    worker: WorkerUnderTest, uploaded: dict[str, Any], ended: Ended
) -> None:
    worker.order(publish__before="sleep:1")
    until(lambda: "in place" in str(ended(uploaded, "running")["task_info"]["logs"]), 30, worker.output)
    assert worker.stop() == 0
    assert ended(uploaded)["task_info"]["state"] == "complete"


def test_a_run_that_dies_takes_no_other_with_it(
    worker: WorkerUnderTest, uploaded: dict[str, Any], ended: Ended, act: Act, upload: Upload
) -> None:
    worker.order(stage__filled="sleep:3")
    ended(uploaded, "running")
    other = act("resource_create", package_id=uploaded["package_id"], name="other", upload=upload())
    ended(other, "running")
    worker.run().kill()
    assert {ended(uploaded)["task_info"]["state"], ended(other)["task_info"]["state"]} == {"complete", "error"}


def test_recover_says_what_it_did(
    worker: WorkerUnderTest, uploaded: dict[str, Any], ended: Ended, command: Command
) -> None:
    worker.order(stage__filled="sleep:60")
    ended(uploaded, "running")
    worker.kill()
    assert f"{uploaded['id']}: the worker of run " in command("recover", "--dry-run")
    assert ended(uploaded, "running")
    assert f"{uploaded['id']}: Loading was interrupted because its worker died" in command("recover", uploaded["id"])
    # the command has the default number of tries, so the next one waits for a worker
    assert ended(uploaded, "queued")
    assert "Nothing needed to be repaired" in command("recover")


def test_deploy_makes_a_pool_of_another_type(command: Command, stack: RunningStack) -> None:
    assert "is in work pool by-process" in command("deploy", "--pool", "by-process", "--type", "process")
    pool = requests.get(f"{stack.prefect_url}/api/work_pools/by-process", timeout=10).json()
    assert pool["type"] == "process"
    command("deploy")
