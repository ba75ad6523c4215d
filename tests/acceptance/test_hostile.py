"""What hostile links, files and neighbours cost everybody else: a real worker with its usual number of places."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest

from ckanext.datapusher_plus.formats.sandbox.limited_fork import MOST_MEMORY
from tests.fix_ckan import Act, Runs, Upload
from tests.fix_hostile import MB, Hostile
from tests.fix_worker import Ended, WorkerUnderTest, until
from tests.hostile_inputs import ANSWERS, FILES, SLOW

#: Bytes that a process may take besides its limit: what it shares with the worker, and what ends slowly.
SLACK = 50 * MB
New = Callable[..., dict[str, Any]]


@pytest.fixture
def organization(dataset: dict[str, Any], act: Act) -> Callable[[], New]:
    """Make an organization with a dataset, and return how to make resources in it."""
    from ckan.tests import factories

    def make() -> New:
        package = factories.Dataset(owner_org=factories.Organization()["id"])
        return lambda **resource: act("resource_create", package_id=package["id"], **resource)

    return make


@pytest.fixture
def victim(organization: Callable[[], New], upload: Upload, ended: Ended) -> Callable[[], dict[str, Any]]:
    """Have somebody of another organization upload a small file, and wait until it is loaded."""
    new = organization()
    return lambda: ended(new(name="victim", upload=upload(), format="CSV"), "complete")


def test_slow_links_of_one_organization_hold_up_nobody(
    worker_process: WorkerUnderTest, hostile: Hostile, organization: Callable[[], New], victim: Any, runs: Runs
) -> None:
    worker_process.start(allowed_internal_hosts=hostile.host)
    hostile.says(*SLOW.values())
    new = organization()
    for number in range(6):
        new(name=str(number), url=hostile.url(f"{number}.csv"), format="CSV")
    until(lambda: sum(row["state"] == "running" for row in runs()) == 3, 60, worker_process.output)
    for _ in range(2):
        victim()
    assert sum(row["state"] == "running" for row in runs()) == 3


def test_sixty_requests_of_one_organization_hold_up_nobody(
    worker_process: WorkerUnderTest, organization: Callable[[], New], victim: Any, upload: Upload, runs: Runs
) -> None:
    worker_process.start()
    worker_process.order(publish__before="sleep:0.2")
    new = organization()
    for number in range(60):
        new(name=str(number), upload=upload(), format="CSV")
    mine = victim()["job_id"]
    rows = {row["id"]: row for row in runs()}
    asked, began = rows[mine]["requested_at"], rows[mine]["started_at"]
    assert len(rows) == 61
    assert sum(bool(row["started_at"] and asked < row["started_at"] < began) for row in rows.values()) <= 3


@dataclass
class Watched:
    """The most memory of any process below a worker, of those that read and of all others."""

    worker: int
    most: int = 0
    told: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.over.wait(0.02):
            for process in psutil.Process(self.worker).children(recursive=True):
                try:
                    # what is shared with the worker is not this process's
                    memory = process.memory_full_info().uss if process.memory_info().rss > self.most else 0
                except psutil.Error:
                    continue
                self.most = max(self.most, memory)


@pytest.fixture
def watched(worker_process: WorkerUnderTest, hostile: Hostile) -> Iterator[Watched]:
    """A worker whose processes' memory is watched."""
    worker_process.start(allowed_internal_hosts=hostile.host, download_retries="0")
    watched = Watched(int(worker_process.name.rpartition("-")[2]))
    thread = threading.Thread(target=watched.watch)
    thread.start()
    yield watched
    watched.over.set()
    thread.join()


@pytest.mark.parametrize("name", FILES)
def test_hostile_files_end_in_a_sentence_and_take_no_more_than_the_limit(
    name: str,
    watched: Watched,
    organization: Callable[[], New],
    victim: Any,
    upload: Upload,
    ended: Ended,
) -> None:
    kind, content = FILES[name]
    resource = organization()(name=name, upload=upload(content(), f"file.{kind.lower()}"), format=kind)
    victim()
    status = ended(resource, "complete", "complete_with_warnings", "error", patience=120)
    message = status["task_info"]["message"]
    assert status["task_info"]["tries"] == 1
    assert [word for word in ("unexpected", "interrupted", "worker's log") if word in message] == []
    assert watched.most <= MOST_MEMORY + SLACK, f"{watched.most // MB} MiB: {message}"


@pytest.mark.parametrize("name", ANSWERS)
def test_hostile_answers_end_in_a_sentence_and_take_no_memory(
    name: str,
    watched: Watched,
    hostile: Hostile,
    organization: Callable[[], New],
    victim: Any,
    ended: Ended,
) -> None:
    hostile.says(ANSWERS[name])
    resource = organization()(name="hostile", url=hostile.url(), format="CSV")
    victim()
    status = ended(resource, "error", patience=60)
    assert "unexpected" not in status["task_info"]["message"]
    assert watched.most <= MOST_MEMORY + SLACK


@pytest.mark.smoke
def test_a_run_that_needs_more_memory_than_it_may_take_is_not_tried_again(
    worker_process: WorkerUnderTest, organization: Callable[[], New], upload: Upload, ended: Ended
) -> None:
    worker_process.start(run_memory_limit=str(24 * MB), run_retries="2")
    rows = b"".join(b"%d,%d,%d\n" % (number, number * 7, number * 11) for number in range(200_000))
    resource = organization()(name="many rows", upload=upload(b"a,b,c\n" + rows), format="CSV")
    status = ended(resource, "complete", "error", patience=60)
    assert "run_memory_limit" in status["task_info"]["message"]
    assert status["task_info"]["tries"] == 1
