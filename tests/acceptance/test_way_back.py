"""However a run ends, the table is whole: as it was, or as it shall be."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.fix_ckan import Act, Upload
from tests.fix_gate import Gates
from tests.fix_tables import TODAY, Table, Whole
from tests.fix_worker import Ended, WorkerUnderTest, until

NEW = TODAY.count(b"\n") - 1
Load = Callable[..., dict[str, Any]]


@pytest.fixture
def load(live: Table, act: Act, upload: Upload) -> Load:
    """Upload a file over the live table."""
    return lambda content=TODAY: act(
        "resource_patch", id=live.resource_id, upload=upload(content, "heute.csv"), format="CSV"
    )


@pytest.fixture
def halt(worker: WorkerUnderTest, live: Table, load: Load) -> Load:
    """Upload a file and wait until its run stands still at a point behind the exchange of the tables."""

    def stand_still(point: str) -> dict[str, Any]:
        worker.order(**{point: "sleep:60"})
        resource = load()
        until(lambda: live.phases == ["destructive"], 30, worker.output)
        return resource

    return stand_still


def emptied(before: Whole) -> Whole:
    """Return what is left of a table when its rows could not be kept."""
    return dataclasses.replace(before, rows=[], total=0, found=[], cached=[({"rows": 0},)])


@pytest.mark.parametrize(
    "fault",
    [("raise", "worker's log under run"), ("sigterm", "stopped from outside"), ("sigkill", "killed from outside")],
    ids=lambda fault: fault[0],
)
def test_a_step_that_fails_after_the_swap_brings_the_old_table_back(
    worker: WorkerUnderTest, live: Table, load: Load, ended: Ended, fault: tuple[str, str]
) -> None:
    before = live.whole()
    worker.order(swap__after=fault[0])
    assert fault[1] in ended(load(), "error")["error"]["message"]
    assert live.whole() == before
    assert live.ours == []


def test_a_file_that_is_refused_costs_nothing(worker: WorkerUnderTest, live: Table, load: Load, ended: Ended) -> None:
    before = live.whole()
    status = ended(load(b"stadt,zahl\nBonn,1,2\n"))
    assert (status["status"], "Line 2 has 3 fields" in status["error"]["message"]) == ("error", True)
    assert live.whole() == before


def test_a_failure_after_the_commit_costs_no_rows(
    worker: WorkerUnderTest, live: Table, load: Load, ended: Ended
) -> None:
    worker.order(publish__before="raise")
    status = ended(load())
    assert status["task_info"]["state"] == "complete_with_warnings"
    assert "Nothing is lost" in status["task_info"]["message"]
    assert live.search()["total"] == NEW


@pytest.mark.smoke
def test_a_worker_that_was_killed_is_healed_at_the_next_start(
    worker: WorkerUnderTest, live: Table, halt: Load, ended: Ended
) -> None:
    before = live.whole()
    resource = halt("swap.after")
    worker.kill()
    assert live.search()["total"] == NEW
    worker.start()
    assert "interrupted" in ended(resource, "error")["error"]["message"]
    assert live.whole() == before


def test_runs_undo_themselves_when_their_worker_dies(
    worker: WorkerUnderTest, live: Table, halt: Load, ended: Ended
) -> None:
    before = live.whole()
    resource = halt("swap.after")
    worker.kill(alone=True)
    assert "its worker died" in ended(resource, "error")["error"]["message"]
    assert live.whole() == before


@pytest.mark.smoke
def test_cancelling_in_prefect_undoes_the_run(
    worker: WorkerUnderTest, live: Table, halt: Load, ended: Ended, prefect_cancel: Callable[[str], None]
) -> None:
    before = live.whole()
    resource = halt("swap.after")
    prefect_cancel(ended(resource, "running")["flow_run_id"])
    status = ended(resource, "cancelled")
    assert "cancelled" in status["error"]["message"]
    assert [line for line in status["task_info"]["logs"] if line["level"] == "ERROR"] == []
    assert live.whole() == before


def test_a_cancelled_run_that_has_to_be_killed_is_shown_as_cancelled(
    worker: WorkerUnderTest, live: Table, halt: Load, ended: Ended, prefect_cancel: Callable[[str], None]
) -> None:
    before = live.whole()
    resource = halt("swap.after")
    flow_run_id = ended(resource, "running")["flow_run_id"]
    worker.run().suspend()
    prefect_cancel(flow_run_id)
    task = ended(resource, "cancelled", "error", patience=60)["task_info"]
    assert (task["state"], task["message"].startswith("Loading was cancelled in Prefect.")) == ("cancelled", True)
    assert [line for line in task["logs"] if line["level"] == "ERROR"] == []
    assert live.whole() == before


@pytest.mark.parametrize(("hangs", "away"), [(False, False), (True, False), (False, True), (True, True)])
def test_cancelling_in_ckan_undoes_the_run_also_while_prefect_is_away(
    hangs: bool, away: bool, worker: WorkerUnderTest, live: Table, halt: Load, act: Act, ended: Ended, gates: Gates
) -> None:
    before = live.whole()
    resource = halt("swap.after")
    run_id = ended(resource, "running")["job_id"]
    if away:
        gates.prefect.shut()
    if hangs:
        worker.run().suspend()
    assert act("datapusher_plus_cancel", resource_id=resource["id"]) == {"job_id": run_id, "state": "running"}
    task = ended(resource, "cancelled", "error", patience=60)["task_info"]
    assert task["state"] == "cancelled"
    assert task["message"].startswith("Loading was cancelled by somebody who may edit the resource.")
    assert live.whole() == before
    assert act("datapusher_plus_runs", resource_id=resource["id"])["runs"][0]["state"] == "cancelled"


def test_a_cancelled_run_that_ends_before_its_worker_can_tell_it_why_is_shown_as_cancelled(
    worker: WorkerUnderTest, live: Table, halt: Load, ended: Ended, prefect_cancel: Callable[[str], None]
) -> None:
    before = live.whole()
    resource = halt("swap.after")
    run = worker.run()
    worker.signal(signal.SIGSTOP)
    prefect_cancel(ended(resource, "running")["flow_run_id"])
    run.terminate()
    try:
        task = ended(resource, "cancelled", "error")["task_info"]
    finally:
        worker.signal(signal.SIGCONT)
    assert (task["state"], task["message"].startswith("Loading was cancelled in Prefect.")) == ("cancelled", True)
    assert live.whole() == before


def test_a_worker_told_to_stop_undoes_what_does_not_end_in_its_grace(
    worker: WorkerUnderTest, live: Table, halt: Load, ended: Ended
) -> None:
    before = live.whole()
    resource = halt("swap.after")
    assert worker.stop(signal.SIGTERM) == 0
    assert "worker was shut down" in ended(resource, "error")["error"]["message"]
    assert live.whole() == before
