"""What Prefect shows of a load: its name, tags, log lines, events and artifacts; and nothing of a private file."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until
from tests.fix_worker_prefect import Api

EXAMPLES = Path(__file__).parents[2] / "docs" / "automations"
RAGGED = b"name,age\n" + b"Ada,36\n" * 30 + b"too,many,cells\n"


@pytest.fixture
def flow_run(api: Api) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return how to find the flow run of a status of CKAN."""
    return lambda status: api.get(f"flow_runs/{status['flow_run_id']}")


@pytest.fixture
def lines(api: Api) -> Callable[[dict[str, Any]], list[str]]:
    """Return how to read what Prefect's log has of a flow run."""

    def read(status: dict[str, Any]) -> list[str]:
        wanted = {"flow_run_id": {"any_": [status["flow_run_id"]]}}
        return [line["message"] for line in api.post("logs/filter", logs=wanted, limit=200)]

    return read


@pytest.fixture
def events(api: Api) -> Callable[..., list[dict[str, Any]]]:
    """Return how to read events of a name."""

    def read(name: str, resource: str = "") -> list[dict[str, Any]]:
        found = api.post("events/filter", filter={"event": {"name": [name]}}, limit=50)["events"]
        return [event for event in found if event["resource"]["prefect.resource.id"].endswith(resource)]

    return read


def artifacts(api: Api, flow_run_id: str) -> dict[str, str]:
    """Return the contents of a flow run's artifacts by their type; a link is Markdown too."""
    found = api.post("artifacts/filter", artifacts={"flow_run_id": {"any_": [flow_run_id]}})
    return {each["key"].removesuffix("-" + each["key"][-36:]): each["data"] for each in found}


def test_prefect_shows_a_load_of_a_public_resource(
    worker: WorkerUnderTest, api: Api, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended, flow_run: Any
) -> None:
    resource = act(
        "resource_create", package_id=dataset["id"], name="People *of* note", upload=upload(RAGGED), format="CSV"
    )
    status = ended(resource, "complete_with_warnings")
    until(lambda: flow_run(status)["state"]["type"] == "COMPLETED", 30, worker.output)
    shown = flow_run(status)
    assert (shown["name"], shown["state"]["name"]) == (
        f"{dataset['name']} / People *of* note",
        "Complete_With_Warnings",
    )
    assert "cause:upload" in shown["tags"]
    until(lambda: len(artifacts(api, shown["id"])) == 2, 30, worker.output)
    found = artifacts(api, shown["id"])
    parts = ("| Rows | 30 |", "| Rejected rows | 1 of 31 |", "| age | numeric |")
    assert [part for part in parts if part not in found["dpp-data-quality"]] == []
    assert f"/resource_data/{resource['id']}" in found["dpp-resource"]


def test_prefect_has_the_log_and_the_events_of_a_public_resource(
    worker: WorkerUnderTest, uploaded: dict[str, Any], ended: Ended, lines: Any, events: Any
) -> None:
    status = ended(uploaded, "complete")
    until(lambda: any("1 row was loaded." in line for line in lines(status)), 30, lambda: lines(status))
    until(lambda: events("datapusher.resource.ingested", uploaded["id"]), 30, worker.output)
    (event,) = events("datapusher.resource.ingested", uploaded["id"])
    assert (event["payload"]["rows"], event["payload"]["run_id"]) == (status["task_info"]["rows"], status["job_id"])
    related = {(each.get("prefect.resource.role"), each["prefect.resource.id"]) for each in event["related"]}
    assert ("flow-run", f"prefect.flow-run.{status['flow_run_id']}") in related


@pytest.mark.smoke
@pytest.mark.usefixtures("loaded")
def test_prefect_has_nothing_of_a_private_file(
    worker: WorkerUnderTest, api: Api, act: Act, upload: Upload, ended: Ended, flow_run: Any, lines: Any, events: Any
) -> None:
    from ckan.tests import factories

    package = factories.Dataset(
        owner_org=factories.Organization()["id"], private=True, name=f"hush-hush-{uuid.uuid4()}"
    )
    rows = b"secretname,age\n" + b"Ada,36\n" * 30 + b"Zaphod,many,cells\n"
    resource = act("resource_create", package_id=package["id"], name="Whispers", upload=upload(rows), format="CSV")
    status = ended(resource, "complete_with_warnings")
    until(lambda: events("datapusher.row.quarantined", resource["id"]), 30, worker.output)
    until(lambda: len(artifacts(api, status["flow_run_id"])) == 2, 30, worker.output)
    of_run = events("datapusher.resource.ingested", resource["id"])
    everything = json.dumps([flow_run(status), lines(status), of_run, artifacts(api, status["flow_run_id"])])
    assert flow_run(status)["name"] == resource["id"]
    assert [word for word in ("secretname", "Zaphod", "Whispers", "hush-hush") if word in everything] == []


@pytest.mark.parametrize(("private", "fields"), [(False, ["note"]), (True, [])], ids=["public", "private"])
def test_found_personal_data_is_an_event_without_values(
    private: bool,
    fields: list[str],
    worker_process: WorkerUnderTest,
    act: Act,
    upload: Upload,
    ended: Ended,
    events: Any,
) -> None:
    from ckan.tests import factories

    worker_process.start(pii_mode="review")
    package = factories.Dataset(owner_org=factories.Organization()["id"], private=private)
    rows = upload(b"name,note\nAlice,alice@example.org\n")
    resource = act("resource_create", package_id=package["id"], name="p", upload=rows, format="CSV")
    ended(resource, "waiting_for_review")
    until(lambda: events("datapusher.pii.detected", resource["id"]), 30, worker_process.output)
    (event,) = events("datapusher.pii.detected", resource["id"])
    assert (event["payload"]["fields"], event["payload"]["details"]) == (fields, {"email": 1})
    assert "alice@" not in json.dumps(event)


@pytest.fixture
def automation(api: Api) -> Iterator[Callable[[str], str]]:
    """Return how to make an automation of an example that does nothing when it fires; all are deleted afterwards."""
    made: list[str] = []

    def make(name: str) -> str:
        example = json.loads((EXAMPLES / name).read_text())
        assert [action["type"] for action in example["actions"]] == ["send-notification"]
        made.append(api.post("automations/", **{**example, "actions": [{"type": "do-nothing"}]})["id"])
        return made[-1]

    yield make
    for each in made:
        api.delete(f"automations/{each}")


def test_the_automation_for_failures_fires_at_the_third(
    worker: WorkerUnderTest,
    uploaded: dict[str, Any],
    act: Act,
    upload: Upload,
    ended: Ended,
    events: Any,
    automation: Any,
) -> None:
    made = automation("three-failures-in-an-hour.json")
    ended(uploaded, "complete")
    for number in (1, 2, 3):
        assert events("prefect.automation.triggered", made) == []
        act("resource_patch", id=uploaded["id"], upload=upload(b"a,b\n" + b'"' * number), format="CSV")
        ended(uploaded, "error")
        until(lambda n=number: len(events("datapusher.resource.failed", uploaded["id"])) == n, 30, worker.output)
    until(lambda: events("prefect.automation.triggered", made), 30, worker.output)


def test_the_automation_for_dead_processes_fires(
    worker: WorkerUnderTest,
    dataset: dict[str, Any],
    act: Act,
    upload: Upload,
    ended: Ended,
    events: Any,
    automation: Any,
) -> None:
    made = automation("crashed.json")
    worker.order(stage__filled="sigkill*1")
    resource = act("resource_create", package_id=dataset["id"], name="a", upload=upload(), format="CSV")
    ended(resource, "error", "complete", patience=60)
    until(lambda: events("prefect.automation.triggered", made), 30, worker.output)
