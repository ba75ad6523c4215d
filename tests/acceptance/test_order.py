"""Who waits for whom, with a real worker and Prefect."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from ckan.cli.cli import ckan
from ckan.tests.helpers import CKANCliRunner

from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database
from tests.fix_ckan import Act, Runs, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until

MANY = 12


@pytest.fixture
def many(worker_process: WorkerUnderTest, dataset: dict[str, Any], act: Act, upload: Upload) -> str:
    """A dataset with many files of which no load was asked for yet."""
    for number in range(MANY):
        act("resource_create", package_id=dataset["id"], name=f"file {number}", upload=upload())
    with database.transaction() as connection:
        connection.execute(sa.delete(run))
    return dataset["id"]


def test_an_upload_is_taken_before_what_a_command_has_submitted(
    worker_process: WorkerUnderTest, many: str, cli: CKANCliRunner, act: Act, upload: Upload, runs: Runs, ended: Ended
) -> None:
    worker_process.start(worker_limit="1")
    worker_process.order(publish__before="sleep:1")
    cli.invoke(ckan, ["datapusher_plus", "submit", many])
    until(lambda: any(row["started_at"] for row in runs()), 60, worker_process.output)
    mine = act("resource_create", package_id=many, name="mine", upload=upload())
    ended(mine, "complete", patience=90)
    [asked] = runs(mine["id"])
    bulk = [row for row in runs() if row["bulk"]]
    # what the worker had taken when the upload came goes on; it may have been about to take one more
    between = [
        row for row in bulk if row["started_at"] and asked["requested_at"] < row["started_at"] < asked["started_at"]
    ]
    assert len(between) <= 1, worker_process.output()
    assert [row for row in bulk if row["started_at"] is None or row["started_at"] > asked["started_at"]]
