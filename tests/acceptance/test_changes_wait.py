"""A file that breaks a table waits, is loaded after "Load it", and the rest of the time readers see the old table."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest

A = b"id,name\n1,Ada\n2,Bob\n"
B = b"id,place\n1,Ada\n"
WAITS = "waiting_for_review"

pytestmark = pytest.mark.usefixtures("clean_datastore")


@pytest.mark.smoke
def test_a_file_that_breaks_the_table_is_loaded_when_somebody_says_so(
    worker_process: WorkerUnderTest, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    def fields() -> list[str]:
        return [field["id"] for field in act("datastore_search", resource_id=resource["id"])["fields"]][1:]

    worker_process.start(review="breaking")
    resource = act("resource_create", package_id=dataset["id"], upload=upload(A), format="CSV")
    ended(resource, "complete")
    act("resource_patch", id=resource["id"], upload=upload(B))
    status = ended(resource, WAITS)
    assert (status["review"]["about"], status["task_info"]["difference"]["gone"]) == ("changes", ["name"])
    assert fields() == ["id", "name"]
    act("datapusher_plus_review", resource_id=resource["id"], decision="reject", job_id=status["job_id"])
    act("datapusher_submit", resource_id=resource["id"])
    again = ended(resource, WAITS)
    assert again["job_id"] != status["job_id"]
    act("datapusher_plus_review", resource_id=resource["id"], decision="approve", job_id=again["job_id"])
    loaded = ended(resource, "complete", "complete_with_warnings")["task_info"]
    assert (loaded["cause"], loaded["rows"], loaded["difference"]["added"]) == ("review", 1, ["place"])
    assert fields() == ["id", "place"]
