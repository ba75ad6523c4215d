"""Many small files at once, with a real worker: a process carries out one run after another, and statistics wait."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psutil
import pytest
import sqlalchemy as sa

from ckanext.datapusher_plus import waits
from ckanext.datapusher_plus.model import log
from ckanext.datapusher_plus.runs import database
from ckanext.datapusher_plus.runs.queue import CROWD
from ckanext.datapusher_plus.statistics import store
from tests.fix_ckan import CSV, Act, Runs, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until

FILES = 2 * CROWD
#: Number of a file that cannot be loaded; in a crowd of equal files the oldest comes first.
BROKEN = 3


@pytest.fixture
def crowd(worker_process: WorkerUnderTest, dataset: dict[str, Any], act: Act, upload: Upload) -> list[dict[str, Any]]:
    """Resources whose loads no worker has begun."""
    worker_process.stop()
    return [
        act("resource_create", package_id=dataset["id"], name=f"file {number}", upload=upload(_content(number)))
        for number in range(FILES)
    ]


def _content(number: int) -> bytes:
    return b"name,age\nAda\x00\xff" if number == BROKEN else CSV


@pytest.mark.smoke
def test_one_process_carries_out_many_runs(crowd: Any, worker_process: WorkerUnderTest, runs: Runs) -> None:
    worker_process.start(worker_limit="1")
    _wait_for_all(worker_process, runs)
    of_process = Counter(row["worker"] for row in runs())
    assert max(of_process.values()) > 1 < len(of_process) < FILES
    # a run that fails leaves its process to no other
    [broken] = runs(crowd[BROKEN]["id"])
    later = [row for row in runs() if row["started_at"] > broken["started_at"]]
    assert broken["state"] == "error"
    assert broken["worker"] not in {row["worker"] for row in later}
    # the lines that were written together are complete
    assert len({_lines(row["id"]) for row in runs() if row["state"] == "complete"}) == 1
    pids = [int(name.partition(":")[2]) for name in of_process]
    until(lambda: not any(map(psutil.pid_exists, pids)), 30, worker_process.output)


def test_statistics_of_small_tables_are_left_to_the_sweep(
    crowd: Any, worker_process: WorkerUnderTest, runs: Runs
) -> None:
    worker_process.start(worker_limit="1")
    _wait_for_all(worker_process, runs)
    loaded = [row["resource_id"] for row in runs() if row["state"] == "complete"]
    until(lambda: all(store.load(resource_id) for resource_id in loaded), 60, worker_process.output)
    left = worker_process.output().count("the statistics of its table were missing and are made")
    # those of the last runs are made by the runs themselves, for no crowd waits any more
    assert 0 < left < len(loaded), worker_process.output()


def test_a_process_that_no_run_needs_ends(
    worker_process: WorkerUnderTest, uploaded: dict[str, Any], runs: Runs, ended: Ended
) -> None:
    worker_process.start(statistics="false")
    ended(uploaded, "complete")
    [run] = runs()
    pid = int(run["worker"].partition(":")[2])
    assert psutil.pid_exists(pid)
    until(lambda: not psutil.pid_exists(pid), 3 * waits.SPARE_PROCESS, worker_process.output)


@pytest.mark.parametrize("how", ["killed", "cancelled"])
def test_a_run_in_a_used_process_ends_alone(
    how: str, crowd: Any, worker_process: WorkerUnderTest, runs: Runs, act: Act
) -> None:
    worker_process.start(worker_limit="1")
    until(lambda: _is_in_a_used_process(runs), 60, worker_process.output)
    worker_process.order(stage__filled="hold")
    held = worker_process.orders.held()
    mine = [row for row in runs() if row["worker"] and row["worker"].endswith(f":{held['pid']}")]
    assert len(mine) > 1, (mine, worker_process.output())
    if how == "killed":
        psutil.Process(held["pid"]).kill()
    else:
        act("datapusher_plus_cancel", resource_id=held["resource_id"])
    worker_process.orders.release()
    _wait_for_all(worker_process, runs)
    states = Counter(row["state"] for row in runs())
    assert states == {"complete": FILES - 2, **({"error": 2} if how == "killed" else {"error": 1, "cancelled": 1})}
    assert [row["state"] for row in runs(held["resource_id"])] == ["error" if how == "killed" else "cancelled"]


def test_a_worker_leaves_no_free_process_behind(crowd: Any, worker_process: WorkerUnderTest, runs: Runs) -> None:
    worker_process.start(worker_limit="1")
    until(lambda: len(_ended(runs)) >= BROKEN + 2, 60, worker_process.output)
    assert worker_process.stop() == 0, worker_process.output()
    pids = {int(row["worker"].partition(":")[2]) for row in runs() if row["worker"]}
    until(lambda: not any(map(psutil.pid_exists, pids)), 10, worker_process.output)


def _is_in_a_used_process(runs: Runs) -> bool:
    """Return whether the newest run is the second one of its process, and none is to fail before the next one."""
    begun = sorted((row for row in runs() if row["started_at"]), key=lambda row: row["started_at"])
    workers = [row["worker"] for row in begun]
    return len(begun) > BROKEN + 1 and workers.count(workers[-1]) > 1


def _lines(run_id: str) -> int:
    with database.transaction() as connection:
        return connection.execute(sa.select(sa.func.count()).where(log.c.run_id == run_id)).scalar_one()


def _ended(runs: Runs) -> list[dict[str, Any]]:
    return [row for row in runs() if row["finished_at"]]


def _wait_for_all(worker: WorkerUnderTest, runs: Runs) -> None:
    until(lambda: len(_ended(runs)) == len(runs()), 120, lambda: (_ended(runs), worker.output()))
