"""A client that does not know ``datastore_active`` drops it; the next load, even of the same file, shows the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fix_ckan import Act, Runs, Upload
from tests.fix_worker import Command, Ended, WorkerUnderTest
from tests.integration.test_upkeep import forget_flag

Resource = dict[str, Any]
Again = Callable[[Act, Resource, Upload, Command], object]


def submit(act: Act, resource: Resource, upload: Upload, command: Command) -> None:
    act("datapusher_submit", resource_id=resource["id"])


def submit_by_command(act: Act, resource: Resource, upload: Upload, command: Command) -> None:
    command("submit", resource["package_id"])


def resubmit(act: Act, resource: Resource, upload: Upload, command: Command) -> None:
    command("resubmit", "--yes")


def upload_again(act: Act, resource: Resource, upload: Upload, command: Command) -> None:
    act("resource_patch", id=resource["id"], upload=upload())


@pytest.fixture
def hidden(worker_process: WorkerUnderTest, uploaded: Resource, act: Act, ended: Ended) -> Resource:
    """A resource with a table whose flag a client has dropped, while no sweep puts that right."""
    worker_process.start(sweep_interval="3600")
    ended(uploaded, "complete")
    forget_flag(act, uploaded)
    assert not act("resource_show", id=uploaded["id"])["datastore_active"]
    return uploaded


@pytest.mark.usefixtures("clean_datastore")
@pytest.mark.parametrize("again", [submit, submit_by_command, resubmit, upload_again])
def test_a_file_that_has_not_changed_shows_its_table_again(
    again: Again, hidden: Resource, act: Act, upload: Upload, command: Command, ended: Ended, runs: Runs
) -> None:
    again(act, hidden, upload, command)
    assert "it is shown again" in ended(hidden, "skipped")["task_info"]["message"]
    assert act("resource_show", id=hidden["id"])["datastore_active"] is True
    assert act("datastore_search", resource_id=hidden["id"])["total"] == 1
    assert [row["state"] for row in runs(hidden["id"])] == ["complete", "skipped"]


@pytest.mark.smoke
@pytest.mark.usefixtures("clean_datastore")
def test_recover_shows_a_hidden_table(hidden: Resource, act: Act, command: Command) -> None:
    assert f"{hidden['id']}: its table is hidden" in command("recover", "--dry-run")
    assert not act("resource_show", id=hidden["id"])["datastore_active"]
    assert "it is shown again" in command("recover")
    assert act("resource_show", id=hidden["id"])["datastore_active"] is True
