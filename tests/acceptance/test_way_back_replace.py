"""Where there is no room for two tables the rows may go, but nothing that people wrote does."""

from __future__ import annotations

import pytest

from tests.acceptance.test_way_back import Load, emptied, halt, load
from tests.fix_tables import Table
from tests.fix_worker import Ended, WorkerUnderTest

__all__ = ["halt", "load"]

#: The index is made by CKAN's method, as that of the table before, so that tables can be compared.
OPTIONS = {"load_strategy": "replace", "flow_timeout": "15", "full_text_index": "ckan"}


@pytest.fixture
def worker(worker_process: WorkerUnderTest) -> WorkerUnderTest:
    """A worker that replaces tables in place."""
    worker_process.start(**OPTIONS)
    return worker_process


def test_a_step_that_fails_after_the_delete_leaves_all_but_rows(
    worker: WorkerUnderTest, live: Table, load: Load, ended: Ended
) -> None:
    before = live.whole()
    worker.order(replace__deleted="raise")
    status = ended(load())
    assert status["task_info"]["state"] == "error"
    assert live.whole() == emptied(before)


@pytest.mark.smoke
def test_a_worker_killed_after_the_delete_is_healed_at_the_next_start(
    worker: WorkerUnderTest, live: Table, halt: Load, ended: Ended
) -> None:
    before = live.whole()
    resource = halt("replace.deleted")
    worker.kill()
    worker.start(**OPTIONS)
    assert ended(resource, "error")
    assert live.whole() == emptied(before)


def test_a_run_that_takes_too_long_is_stopped(worker: WorkerUnderTest, live: Table, load: Load, ended: Ended) -> None:
    before = live.whole()
    worker.order(replace__deleted="sleep:60")
    message = ended(load(), "error")["error"]["message"]
    assert ("longer than 15 s" in message, "The table is empty" in message) == (True, True)
    assert live.whole() == emptied(before)


def test_the_next_load_fills_the_table_again(worker: WorkerUnderTest, live: Table, load: Load, ended: Ended) -> None:
    before = live.whole()
    worker.order(replace__deleted="raise")
    ended(load())
    worker.order()
    ended(load(), "complete")
    assert live.whole().facts.dictionary == before.facts.dictionary
