"""A file with personal data: it waits for a review, is loaded after an approval, and its values are nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from ckan import model

from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until
from tests.servers import RunningStack

A = b"name,note\nAda,none so far\n"
#: the numbers are nobody's
B = b"name,note\nAlice,123-45-6789\nBob,4111 1111 1111 1111\nCay,4111 1111 1111 1112\n"
VALUES = ("123-45-6789", "4111 1111", "4111111111111111")
WAITS, REJECTED = "waiting_for_review", "rejected"
FOUND = [
    {"detector": "card", "column": "note", "count": 1, "first_rows": [2], "at_least": False},
    {"detector": "ssn", "column": "note", "count": 1, "first_rows": [1], "at_least": False},
]

pytestmark = pytest.mark.usefixtures("clean_datastore")


@pytest.fixture
def reviewing(worker_process: WorkerUnderTest) -> WorkerUnderTest:
    worker_process.start(pii_mode="review")
    return worker_process


@pytest.fixture
def held(reviewing: WorkerUnderTest, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended) -> dict[str, Any]:
    """A resource with the table of file A, whose file B waits for a review."""
    resource = act("resource_create", package_id=dataset["id"], upload=upload(A), format="CSV")
    ended(resource, "complete")
    act("resource_patch", id=resource["id"], upload=upload(B))
    assert ended(resource, WAITS)["review"]["found"] == FOUND
    return resource


def rows(act: Act, resource: dict[str, Any]) -> list[str]:
    return [row["name"] for row in act("datastore_search", resource_id=resource["id"])["records"]]


def everything_in_ckans_database() -> str:
    """Return all rows of all tables of CKAN's database, as text."""
    with model.ensure_engine().begin() as connection:
        names = connection.execute(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        tables = [connection.execute(sa.text(f'SELECT t::text FROM "{name}" t')).scalars().all() for name in names]
    return "\n".join(row for table in tables for row in table)


def everything_in_prefect(stack: RunningStack) -> str:
    """Return flow runs, task runs, logs and artifacts of Prefect, as text."""
    kinds = ("flow_runs", "task_runs", "logs", "artifacts", "events")
    answers = [requests.post(f"{stack.prefect_url}/api/{kind}/filter", json={}, timeout=20) for kind in kinds]
    assert answers[0].json()
    return json.dumps([answer.json() for answer in answers])


@pytest.mark.smoke
def test_an_approved_file_is_loaded_and_not_asked_about_again(
    held: dict[str, Any], act: Act, ended: Ended, upload: Upload, reviewing: WorkerUnderTest
) -> None:
    assert rows(act, held) == ["Ada"]
    reviewing.stop()
    assert act("datapusher_plus_review", resource_id=held["id"], decision="approve")["job_id"]
    # an approval survives a restart
    reviewing.start(pii_mode="review")
    task = ended(held, "complete", "complete_with_warnings")["task_info"]
    assert (task["state"], task["rows"], task["cause"], task["personal"]) == ("complete", 3, "review", FOUND)
    assert any("The file was approved by" in line["message"] for line in task["logs"])
    assert rows(act, held) == ["Alice", "Bob", "Cay"]
    act("resource_patch", id=held["id"], upload=upload(B))
    assert ended(held, "skipped")["status"] == "complete"
    act("datapusher_submit", resource_id=held["id"], ignore_hash=True)
    assert ended(held, "complete", WAITS)["task_info"]["state"] == "complete"
    act("resource_patch", id=held["id"], upload=upload(B + b"Dan,a@b.co\n"))
    ended(held, WAITS)
    assert rows(act, held) == ["Alice", "Bob", "Cay"]


def test_a_rejected_file_is_not_loaded_and_the_tab_says_why(
    held: dict[str, Any], act: Act, ended: Ended, upload: Upload
) -> None:
    act("datapusher_plus_review", resource_id=held["id"], decision="reject", note="Ask Alice first")
    status = ended(held, REJECTED)
    assert (status["status"], status["review"]["note"]) == ("error", "Ask Alice first")
    assert "The file was rejected by" in status["task_info"]["message"]
    act("datapusher_submit", resource_id=held["id"])
    assert ended(held, REJECTED)["job_id"] != status["job_id"]
    assert rows(act, held) == ["Ada"]
    act("resource_patch", id=held["id"], upload=upload(A))
    assert ended(held, "skipped")["review"] is None


def test_no_value_is_in_a_log_in_ckans_database_or_in_prefect(
    held: dict[str, Any], act: Act, ended: Ended, stack: RunningStack, reviewing: WorkerUnderTest
) -> None:
    act("datapusher_plus_review", resource_id=held["id"], decision="approve")
    ended(held, "complete")
    places = {"worker": reviewing.output(), "ckan": everything_in_ckans_database()}
    places["prefect"] = everything_in_prefect(stack)
    assert [(place, value) for place, text in places.items() for value in VALUES if value in text] == []
    assert held["id"] in places["ckan"]


def test_a_dry_run_is_screened_and_asks_nobody(held: dict[str, Any], act: Act, ended: Ended) -> None:
    act("datapusher_submit", resource_id=held["id"], dry_run=True)
    until(lambda: ((ended(held)["dry_run"] or {}).get("state")) == "skipped", 30)
    found = ended(held)["dry_run"]
    assert any("A load would wait for a review" in warning for warning in found["warnings"])
    # the question is still open
    assert ended(held)["task_info"]["state"] == WAITS


@pytest.mark.parametrize(
    ("options", "state", "said"),
    [
        ({"pii_mode": "report"}, "complete_with_warnings", "seems to contain personal data: payment card numbers"),
        ({"pii_screening": "true"}, "complete_with_warnings", "seems to contain personal data"),
        ({"pii_mode": "abort"}, "error", "so nothing was loaded: payment card numbers"),
        ({"pii_screening": "true", "pii_found_abort": "true"}, "error", "so nothing was loaded"),
        ({"pii_mode": "review", "pii_review_threshold": "2"}, "complete_with_warnings", "seems to contain"),
        ({"pii_mode": "abort", "pii_quick_screen": "true"}, "error", "(at least 1 value, in row 1)"),
        ({}, "complete", "3 rows were loaded"),
    ],
)
def test_modes(
    options: dict[str, str],
    state: str,
    said: str,
    worker_process: WorkerUnderTest,
    dataset: dict[str, Any],
    act: Act,
    upload: Upload,
    ended: Ended,
) -> None:
    worker_process.start(**options)
    resource = act("resource_create", package_id=dataset["id"], upload=upload(B), format="CSV")
    task = ended(resource)["task_info"]
    assert (task["state"], said in task["message"]) == (state, True), task["message"]
    assert not any(value in json.dumps(task) for value in VALUES)


@pytest.mark.parametrize(
    ("mode", "file", "state", "said"),
    [
        ("review", b"(?x)\\d{3} - \\d\\d- #Numbers\n", WAITS, "“Numbers” in the column “note” (1 value, in row 1)"),
        ("review", b"ok\n(a|b\n", "error", "line 2 is not a valid pattern"),
        ("abort", None, "error", "no resource has this id or alias"),
        ("abort", b"x\n" * 200_000, "error", "its file cannot be read: The file has"),
        ("report", b"(a{900}){900}\n", "complete_with_warnings", "because line 1 is not a valid pattern"),
    ],
)
def test_the_sites_own_patterns(
    mode: str,
    file: bytes | None,
    state: str,
    said: str,
    worker_process: WorkerUnderTest,
    dataset: dict[str, Any],
    act: Act,
    upload: Upload,
    ended: Ended,
) -> None:
    made = file and act("resource_create", package_id=dataset["id"], upload=upload(file, "p.txt"), format="PDF")
    worker_process.start(pii_mode=mode, pii_regex_resource_id_or_alias=made["id"] if made else "nothing-here")
    resource = act("resource_create", package_id=dataset["id"], upload=upload(B), format="CSV")
    task = ended(resource)["task_info"]
    assert (task["state"], said in task["message"]) == (state, True), task["message"]
    assert ("ssn" in str(task["personal"])) == (mode == "report")
