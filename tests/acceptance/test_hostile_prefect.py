"""Whoever reaches Prefect can write anything there, and has the worker run nothing and tell nothing by that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.fix_ckan import Act, Upload
from tests.fix_tables import Table
from tests.fix_worker import Ended, WorkerUnderTest, until
from tests.fix_worker_prefect import POOL, Api, Trap
from tests.servers import RunningStack

JSON = b'[{"name": "Ada", "age": 36}]'
IGNORED = "Prefect's settings for its job are ignored: "


def told(worker: WorkerUnderTest) -> list[str]:
    """Return what the worker's log says of settings that it ignores, a text a run."""
    return [line.partition(IGNORED)[2].strip() for line in worker.output().splitlines() if IGNORED in line]


def test_a_job_s_environment_command_and_folder_have_no_effect(
    worker: WorkerUnderTest, api: Api, trap: Trap, uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    # a worker's first load makes the deployment anew
    ended(uploaded, "complete")
    api.change(f"deployments/{api.deployment['id']}", job_variables=trap.job, tags=["a\nb"], parameters={"more": 1})
    # a process of its own reads JSON, and is a new Python
    act("resource_patch", id=uploaded["id"], upload=upload(JSON, "j.json"), format="JSON")
    assert ended(uploaded, "complete", "error")["task_info"]["state"] == "complete", worker.output()
    assert not trap.mark.exists()
    (names,) = told(worker)[-1:]
    expected = ["command", "env.DATAPUSHER_PLUS_FAULTS", "env.PYTHONPATH", "env.PYTHONSTARTUP", "labels.a", "name"]
    assert sorted(names.split(", ")) == sorted([*expected, "parameters.more", "working_dir"])
    assert str(trap.folder) not in worker.output()


UNUSABLE = {
    "tags": {"tags": [str(number) for number in range(300)]},
    "schema": {"parameter_openapi_schema": {"required": ["x"]}, "enforce_parameter_schema": True},
}


@pytest.mark.parametrize("change", UNUSABLE.values(), ids=UNUSABLE)
def test_a_deployment_that_takes_no_flow_run_any_more_is_made_anew(
    change: dict[str, Any], worker: WorkerUnderTest, api: Api, uploaded: dict[str, Any], act: Act, ended: Ended
) -> None:
    ended(uploaded, "complete")
    before = worker.output().count("the deployment is made anew")
    api.change(f"deployments/{api.deployment['id']}", **change)
    act("datapusher_submit", resource_id=uploaded["id"], ignore_hash=True)
    assert ended(uploaded, "complete")["task_info"]["cause"] == "submit"
    assert worker.output().count("the deployment is made anew") > before


def test_a_flow_run_s_own_settings_have_no_effect(
    worker: WorkerUnderTest, api: Api, trap: Trap, uploaded: dict[str, Any], ended: Ended
) -> None:
    status = ended(uploaded, "complete")
    ids = {"run_id": status["job_id"], "resource_id": uploaded["id"]}
    flow_run = api.flow_run(ids, job_variables=trap.job, name="x\n2026-01-01 ERROR forged")
    assert api.ends(flow_run, worker)["state"]["name"] == "NothingToDo"
    assert (trap.mark.exists(), "\n2026-01-01 ERROR forged" in worker.output()) == (False, False)
    assert f"flow run {flow_run}: {IGNORED}" in worker.output()


def test_a_work_pool_s_template_has_no_effect(
    worker: WorkerUnderTest, api: Api, trap: Trap, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    worker.stop()
    defaults = {
        "env": {"type": "object", "default": trap.job["env"]},
        # a block that nobody has ends the filling in of a template
        "labels": {"type": "object", "default": {"x": "{{ prefect.blocks.secret.gone }}"}},
    }
    template = {
        "job_configuration": {**trap.job, "env": "{{ env }}", "labels": "{{ labels }}"},
        "variables": {"type": "object", "properties": defaults},
    }
    api.change(f"work_pools/{POOL}", base_job_template=template)
    worker.start()
    resource = act("resource_create", package_id=dataset["id"], name="j", upload=upload(JSON, "j.json"), format="JSON")
    assert ended(resource, "complete", "error")["task_info"]["state"] == "complete", worker.output()
    assert not trap.mark.exists()
    assert "env.PYTHONPATH" in told(worker)[-1]


@pytest.mark.smoke
def test_flow_runs_that_are_for_no_load_of_ckan_end_at_once(
    worker: WorkerUnderTest, api: Api, uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    status = ended(uploaded, "complete")
    other = act("resource_create", package_id=uploaded["package_id"], name="other", upload=upload())
    ended(other, "complete")
    hostile: list[dict[str, Any]] = [
        {},
        {"run_id": "../../etc/passwd", "resource_id": uploaded["id"]},
        {"run_id": str(uuid4()), "resource_id": uploaded["id"]},
        {"run_id": status["job_id"], "resource_id": other["id"]},
        {"run_id": {"a": [None]}, "resource_id": 5},
        {"run_id": "x" * 300_000, "resource_id": "\u202e\x1b[31m", "more": ["y"] * 1000},
    ]
    # a policy under which Prefect would try each again
    policy = {"retries": 50, "retry_delay": 0}
    made = [api.flow_run(parameters, empirical_policy=policy) for parameters in hostile]
    found = [api.ends(flow_run, worker) for flow_run in made]
    assert {(each["state"]["type"], each["run_count"]) for each in found} == {("FAILED", 0)}
    assert [worker.output().count(f"flow run {each} is refused") for each in made] == [1] * len(hostile)
    act("resource_patch", id=other["id"], upload=upload(b"name,age\nEva,7\n"), format="CSV")
    assert ended(other, "complete")


def test_a_policy_of_retries_does_not_repeat_a_load(
    worker: WorkerUnderTest, api: Api, uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    ended(uploaded, "complete")
    worker.order(claim__before="hold")
    act("resource_patch", id=uploaded["id"], upload=upload(b"a,b\n1\n"), format="CSV")
    worker.orders.held()
    flow_run = api.get(f"flow_runs/{act('datapusher_status', resource_id=uploaded['id'])['flow_run_id']}")
    assert flow_run["state"]["type"] == "RUNNING"
    api.change(f"flow_runs/{flow_run['id']}", empirical_policy={"retries": 50, "retry_delay": 0})
    worker.orders.release()
    ended(uploaded, "error")
    end = api.ends(flow_run["id"], worker)
    # the worker ends it, or the next process takes the policy back
    assert (end["state"]["type"] in ("FAILED", "CRASHED"), end["run_count"] <= 2) == (True, True), end


# -- what Prefect keeps -------------------------------------------------------------------------

#: another one each time, for Prefect's database stays
SECRET = f"Alice {uuid4().hex} Smith"
HEADER = b"stadt,zahl,tag,ort\n"
FAILING = {
    "a wrong type": HEADER + f'Bonn,"{SECRET}",2026-01-02,Rhein\n'.encode(),
    "the same key": HEADER + f'"{SECRET}",1,,\n"{SECRET}",1,,\n'.encode(),
    "a long row": HEADER + f'Bonn,1,2026-01-02,Rhein,"{SECRET}"\n'.encode(),
}


@pytest.fixture
def prefects(stack: RunningStack) -> Iterator[psycopg.Connection]:
    """Prefect's database."""
    with psycopg.connect(stack.postgres_dsn, dbname="prefect", autocommit=True) as connection:
        yield connection


def mentioned(connection: psycopg.Connection, text: str) -> dict[str, int]:
    """Return in how many rows of which tables a text stands."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    count = "SELECT count(*) FROM {} AS one WHERE strpos(one::text, %s) > 0"
    found = {
        name: connection.execute(sql.SQL(count).format(sql.Identifier(name)), [text]).fetchone() for (name,) in tables
    }
    return {name: row[0] for name, row in found.items() if row and row[0]}


@pytest.mark.parametrize("content", FAILING.values(), ids=FAILING)
def test_no_value_of_a_file_is_kept_by_prefect(
    content: bytes, worker: WorkerUnderTest, live: Table, upload: Upload, ended: Ended, api: Api, prefects: Any
) -> None:
    resource = live.act("resource_patch", id=live.resource_id, upload=upload(content, "neu.csv"), format="CSV")
    status = ended(resource, "error", "complete", "complete_with_warnings")
    state = api.ends(status["flow_run_id"], worker)["state"]
    assert f"See CKAN: the DataStore tab of resource {live.resource_id}." in state["message"]
    # its logs and events come a moment later, and this line is its last
    last = (
        "SELECT FROM log WHERE flow_run_id = %s AND task_run_id IS NULL AND message LIKE 'Finished in state Failed%%'"
    )
    until(lambda: bool(prefects.execute(last, [status["flow_run_id"]]).fetchall()), 60)
    until(lambda: "events" in mentioned(prefects, status["flow_run_id"]), 60)
    assert mentioned(prefects, SECRET.split()[1]) == {}
