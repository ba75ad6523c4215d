"""However a load is interrupted, it comes to its end by itself, or to a clear error after its last try."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import psutil
import psycopg
import pytest
import requests
import sqlalchemy as sa

from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database
from tests.fix_ckan import Act, Runs, Upload
from tests.fix_gate import Gates
from tests.fix_tables import TODAY, Portal, Table
from tests.fix_worker import Command, Ended, WorkerUnderTest, until
from tests.servers import RunningStack

NEW = TODAY.count(b"\n") - 1
#: Seconds in which everything must be well again.
SETTLED = 60
Load = Callable[..., dict[str, Any]]


@pytest.fixture
def worker(worker_process: WorkerUnderTest) -> WorkerUnderTest:
    """A worker that tries again, twice."""
    worker_process.start(run_retries="2")
    return worker_process


@pytest.fixture
def load(live: Table, act: Act, upload: Upload) -> Load:
    """Upload a file over the live table."""
    return lambda: act("resource_patch", id=live.resource_id, upload=upload(TODAY, "heute.csv"), format="CSV")


@pytest.fixture
def cut(superuser: psycopg.Connection) -> Callable[[], None]:
    """End the connections that hold locks of resources, as a restart of the database would."""

    def terminate() -> None:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'datapusher_plus lock' AND datname = current_database()"
        )

    return terminate


def test_a_run_that_was_cancelled_and_died_is_not_tried_again(
    worker: WorkerUnderTest,
    live: Table,
    load: Load,
    ended: Ended,
    runs: Runs,
    prefect_cancel: Callable[[str], None],
) -> None:
    worker.order(swap__after="hold")
    resource = load()
    worker.orders.held()
    prefect_cancel(ended(resource, "running")["flow_run_id"])
    worker.kill()
    worker.start(run_retries="2")
    assert ended(resource, "cancelled", "complete")["task_info"]["message"].startswith("Loading was cancelled")
    assert [row["state"] for row in runs(resource["id"])] == ["cancelled"]


@pytest.fixture
def whole(live: Table, ended: Ended) -> Callable[..., dict[str, Any]]:
    """Wait until the resource is loaded, see that nothing is left of what went wrong, and return the run's details."""

    def check(resource: dict[str, Any]) -> dict[str, Any]:
        task = ended(resource, "complete", patience=SETTLED)["task_info"]
        shown = live.act("resource_show", id=live.resource_id)
        assert (live.search()["total"], shown["total_record_count"], shown["datastore_active"]) == (NEW, NEW, True)
        assert live.ours == []
        return task

    return check


def lines(task: dict[str, Any]) -> str:
    return " ".join(line["message"] for line in task["logs"])


@pytest.mark.smoke
def test_a_run_that_is_killed_is_made_good_by_its_retry(
    worker: WorkerUnderTest, load: Load, whole: Load, runs: Runs
) -> None:
    worker.order(swap__after="sigkill*1")
    resource = load()
    task = whole(resource)
    first, retry = runs(resource["id"])
    assert (first["state"], first["error"]["kind"], retry["retry_of"]) == ("error", "Interrupted", first["id"])
    assert first["message"].endswith("It is tried again automatically (try 2 of 3).")
    assert (task["tries"], task["most_tries"], first["message"] in lines(task)) == (2, 3, True)


def test_a_file_that_kills_every_run_ends_in_an_error_and_holds_nobody_up(
    worker: WorkerUnderTest, live: Table, load: Load, uploaded_beside: Load, ended: Ended, runs: Runs
) -> None:
    before = live.whole()
    worker.orders.file.with_name(f"{worker.orders.file.name}.{live.resource_id}").write_text(
        '{"stage.filled": "sigkill"}'
    )
    resource = load()
    other = uploaded_beside()
    assert ended(other, "complete", patience=SETTLED)
    message = ended(resource, "error", patience=SETTLED)["error"]["message"]
    assert "killed from outside" in message
    assert "last of 3 tries." in message
    assert [row["tries"] for row in runs(resource["id"])] == [1, 2, 3]
    assert live.whole() == before


@pytest.fixture
def uploaded_beside(portal: Portal, act: Act, upload: Upload) -> Load:
    """Upload another resource."""
    return lambda: act("resource_create", package_id=portal.dataset, name="other", upload=upload())


def test_a_run_whose_lock_is_lost_is_made_good_by_its_retry(
    worker: WorkerUnderTest, load: Load, whole: Load, cut: Callable[[], None]
) -> None:
    worker.orders.give({"swap.after": "hold*1"})
    resource = load()
    worker.orders.held()
    cut()
    worker.orders.release()
    assert whole(resource)["tries"] == 2


@pytest.mark.smoke
def test_a_run_that_dies_after_the_commit_is_brought_to_its_end(
    worker: WorkerUnderTest, load: Load, whole: Load
) -> None:
    worker.order(publish__before="sigkill")
    task = whole(load())
    assert (task["tries"], task["rows"], task["message"]) == (1, NEW, f"{NEW} rows were loaded.")
    assert "The new table is in place, but its process was killed" in lines(task)


def test_a_commit_whose_answer_is_lost_is_seen(worker: WorkerUnderTest, load: Load, whole: Load) -> None:
    worker.order(commit__after="raise:psycopg:OperationalError")
    assert whole(load())["tries"] == 1


def test_ckan_is_told_when_its_search_index_is_back(
    worker: WorkerUnderTest, load: Load, whole: Load, ended: Ended, gates: Gates, act: Act
) -> None:
    gates.solr.shut()
    resource = load()
    task = ended(resource, "complete_with_warnings")["task_info"]
    assert "Nothing is lost. They will be updated automatically as soon as possible." in task["message"]
    gates.solr.open()
    task = whole(resource)
    assert (task["tries"], task["warnings"], task["message"]) == (1, [], f"{NEW} rows were loaded.")
    [found] = act("package_search", q=f"id:{resource['package_id']}")["results"]
    [indexed] = [each for each in found["resources"] if each["id"] == resource["id"]]
    assert indexed["total_record_count"] == NEW


def test_a_process_that_ends_before_it_begins_is_replaced(worker: WorkerUnderTest, load: Load, whole: Load) -> None:
    worker.order(claim__before="sigkill*1")
    assert whole(load())["tries"] == 1


@pytest.mark.parametrize("point", ["claim.before", "publish.before"])
def test_ckans_database_may_be_away_for_a_while(
    worker: WorkerUnderTest, load: Load, whole: Load, gates: Gates, point: str
) -> None:
    worker.orders.give({point: "hold*1"})
    resource = load()
    worker.orders.held()
    gates.ckan.shut()
    worker.orders.release()
    gates.ckan.open()
    whole(resource)


def test_a_load_does_not_need_prefect_once_it_has_begun(
    worker: WorkerUnderTest, load: Load, whole: Load, gates: Gates
) -> None:
    worker.orders.give({"claim.after": "hold*1"})
    resource = load()
    worker.orders.held()
    gates.prefect.shut()
    worker.orders.release()
    assert whole(resource)["tries"] == 1


def test_what_prefect_has_forgotten_goes_on_and_is_made_anew(
    worker: WorkerUnderTest, load: Load, whole: Load, ended: Ended, stack: RunningStack
) -> None:
    worker.orders.give({"swap.before": "hold*1"})
    resource = load()
    worker.orders.held()
    api = f"{stack.prefect_url}/api"
    [deployment] = requests.post(f"{api}/deployments/filter", json=TESTS, timeout=10).json()
    for gone in (
        f"flow_runs/{ended(resource, 'running')['flow_run_id']}",
        f"deployments/{deployment['id']}",
        f"work_pools/{deployment['work_pool_name']}",
    ):
        requests.delete(f"{api}/{gone}", timeout=10).raise_for_status()
    worker.orders.release()
    assert whole(resource)["tries"] == 1
    assert ended(load(), "skipped", patience=SETTLED)


TESTS = {"deployments": {"name": {"any_": ["test"]}}}


def test_a_worker_that_is_stopped_leaves_its_loads_to_the_next(
    worker: WorkerUnderTest, load: Load, whole: Load, runs: Runs
) -> None:
    worker.orders.give({"swap.after": "hold*1"})
    resource = load()
    worker.orders.held()
    assert worker.stop() == 0
    first, _ = runs(resource["id"])
    assert "worker was shut down" in first["message"]
    worker.start(run_retries="2")
    assert whole(resource)["tries"] == 2


def test_a_frozen_run_keeps_its_resource_until_it_is_thawed(
    worker: WorkerUnderTest, load: Load, whole: Load, ended: Ended
) -> None:
    worker.orders.give({"swap.before": "hold*1"})
    resource = load()
    pid = worker.orders.held()["pid"]
    os.kill(pid, signal.SIGSTOP)
    worker.orders.release()
    # long enough for some sweeps, which find the lock held
    time.sleep(3)
    assert ended(resource, "running")
    os.kill(pid, signal.SIGCONT)
    assert whole(resource)["tries"] == 1


def test_a_frozen_run_that_has_lost_its_lock_is_given_up(
    worker: WorkerUnderTest, load: Load, whole: Load, cut: Callable[[], None]
) -> None:
    worker.orders.give({"swap.before": "hold*1"})
    resource = load()
    pid = worker.orders.held()["pid"]
    os.kill(pid, signal.SIGSTOP)
    cut()
    worker.orders.release()
    assert whole(resource)["tries"] == 2
    assert not psutil.pid_exists(pid)


def test_a_machine_that_is_thawed_after_its_runs_were_given_up_does_no_harm(
    worker: WorkerUnderTest, load: Load, whole: Load, cut: Callable[[], None], command: Command, runs: Runs
) -> None:
    worker.orders.give({"swap.before": "hold*1"})
    resource = load()
    worker.orders.held()
    worker.freeze()
    cut()
    worker.orders.release()
    said = command("recover", resource["id"])
    assert "It is tried again automatically (try 2 of 3)." in said
    assert "Loads that wait for a worker" in said
    worker.thaw()
    assert whole(resource)["tries"] == 2
    assert [row["state"] for row in runs(resource["id"])] == ["error", "complete"]


@pytest.fixture
def retry_in_prefect(stack: RunningStack) -> Callable[[str], tuple[str, str]]:
    """Retry a flow run as the button on Prefect's page does, and return the type and the message of its new end."""

    def retry(flow_run_id: str) -> tuple[str, str]:
        address = f"{stack.prefect_url}/api/flow_runs/{flow_run_id}"

        def state() -> dict[str, Any]:
            return requests.get(address, timeout=10).json()["state"]

        def has_ended() -> bool:
            return state()["type"] in ("FAILED", "COMPLETED", "CANCELLED", "CRASHED")

        until(has_ended, SETTLED, state)
        order = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}}
        answer = requests.post(f"{address}/set_state", json=order, timeout=10)
        assert answer.json()["status"] == "ACCEPT", answer.text
        until(has_ended, SETTLED, state)
        return state()["type"], state()["message"]

    return retry


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [(b"a,b\n1\n", "FAILED", ": error (RaggedRow). "), (TODAY, "COMPLETED", ": complete. ")],
)
def test_a_retry_in_prefect_ends_as_its_run_did(
    content: bytes,
    kind: str,
    said: str,
    worker: WorkerUnderTest,
    live: Table,
    upload: Upload,
    ended: Ended,
    runs: Runs,
    retry_in_prefect: Callable[[str], tuple[str, str]],
) -> None:
    resource = live.act("resource_patch", id=live.resource_id, upload=upload(content, "neu.csv"), format="CSV")
    status = ended(resource, "complete", "error", patience=SETTLED)
    before = runs(resource["id"])
    found, message = retry_in_prefect(status["flow_run_id"])
    assert (found, said in message, "Ask for a new load in CKAN" in message) == (kind, True, True)
    assert runs(resource["id"]) == before


def test_a_retry_in_prefect_of_what_ckan_has_forgotten_fails(
    worker: WorkerUnderTest, load: Load, ended: Ended, retry_in_prefect: Callable[[str], tuple[str, str]]
) -> None:
    status = ended(load(), "complete", patience=SETTLED)
    with database.transaction() as connection:
        connection.execute(sa.delete(run).where(run.c.id == status["job_id"]))
    found, message = retry_in_prefect(status["flow_run_id"])
    assert (found, "CKAN no longer has run" in message) == ("FAILED", True)
