"""`prefect_flow`: a site's own flow loads in its own way, and cannot break the ways to recover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest

FLOWS = str(Path(__file__).parents[1] / "flows")
Use = Callable[[str], None]


@pytest.fixture
def use(worker_process: WorkerUnderTest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Return how to start the worker with one of the flows of `tests/flows`."""
    monkeypatch.setenv("PYTHONPATH", FLOWS)
    yield lambda name: worker_process.start(prefect_flow=f"own_flows:{name}", run_retries="0")
    worker_process.stop()


def rows(act: Act, resource: dict[str, Any]) -> list[str]:
    """Return the names in the table."""
    return [row["name"] for row in act("datastore_search", resource_id=resource["id"])["records"]]


@pytest.mark.smoke
def test_a_flow_changes_values_and_refuses_files(
    use: Use, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    use("shouting")
    resource = act("resource_create", package_id=dataset["id"], name="p", upload=upload(), format="CSV")
    lines = [line["message"] for line in ended(resource, "complete")["task_info"]["logs"]]
    assert ("Made it loud." in lines, rows(act, resource)) == (True, ["ADA"])
    act("resource_patch", id=resource["id"], upload=upload(b"a,b\n1,2\n"), format="CSV")
    status = ended(resource, "error")
    assert status["task_info"]["message"].startswith("The file has no column “age”.")
    assert rows(act, resource) == ["ADA"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("without_write", "This site's own flow ended without a call of write"),
        ("of_another", "This site's own flow passed write the plan of another load"),
        ("hiding", "99"),
        ("broken", "An unexpected error"),
        ("not_a_function", "This site's own flow is not a function"),
        ("gone", "This site's own flow could not be imported"),
    ],
)
def test_a_flow_that_does_not_write_leaves_the_table_as_it_is(
    name: str, message: str, use: Use, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    use("decorated")
    resource = act("resource_create", package_id=dataset["id"], name="p", upload=upload(), format="CSV")
    ended(resource, "complete")
    use(name)
    act("resource_patch", id=resource["id"], upload=upload(b"name,age\nEva,7\n"), format="CSV")
    assert message in ended(resource, "error")["task_info"]["message"]
    assert rows(act, resource) == ["Ada"]


def test_what_fails_after_the_commit_does_not_undo_it(
    use: Use, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    use("twice")
    resource = act("resource_create", package_id=dataset["id"], name="p", upload=upload(), format="CSV")
    message = ended(resource, "complete_with_warnings")["task_info"]["message"]
    assert (rows(act, resource), "called write twice" in message) == (["Ada"], True)
