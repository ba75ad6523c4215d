"""What a run does when its load fails: it rolls back, it looks for the reason, and it always writes its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.errors import DatastoreGone, LockLost, RowsLost
from ckanext.datapusher_plus.core.outcome import TookTooLong
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Swapped
from ckanext.datapusher_plus.datastore.lock import ResourceLock
from ckanext.datapusher_plus.flow.run import Run
from ckanext.datapusher_plus.runs import claim, database, records, request
from ckanext.datapusher_plus.steps import commit, stage, stash, swap
from tests.fix_ckan import Runs
from tests.fix_tables import TODAY, Table
from tests.loads import Loader

pytestmark = pytest.mark.usefixtures("worker_site")

STOPPED = SystemExit(143)


@dataclass(frozen=True)
class Load:
    """A run that loads a newer file into a live table."""

    run: Run
    loader: Loader

    def exchange(self) -> Swapped:
        """Put the new table in the live table's place, and record the result, but do not commit."""
        plan = replace(self.loader.plan(TODAY), run_id=self.run.claimed.run_id)
        stash.stash(plan, self.run.log)
        swapped = swap.swap(stage.stage(plan, self.run.log), self.run.log)
        self.run.record_result(swapped)
        return swapped

    def commit(self) -> None:
        """Exchange the tables and commit."""
        commit.commit(self.exchange(), self.run.log)

    def end(self) -> records.RunRecord:
        """End the run, and return its row."""
        self.run.end(self.run.outcome())
        return self.row()

    def row(self) -> records.RunRecord:
        record = records.get(self.run.claimed.run_id)
        assert record
        return record


@pytest.fixture
def load(live: Table, loader: Loader, tmp_path: Path) -> Iterator[Load]:
    """A claimed run that holds its resource's lock."""
    settings.use(replace(settings.current(), work_dir=tmp_path / "work", run_retries=2))
    with database.transaction() as connection:
        run_id = request.request(connection, live.resource_id, cause="submit")
    with ResourceLock(live.resource_id) as lock:
        assert lock.acquire()
        claimed = claim.claim(run_id, flow_run_id="flow", worker="worker")
        assert claimed
        yield Load(Run(claimed, lock), loader)


def cut_lock(superuser: psycopg.Connection) -> None:
    lock = "application_name = 'datapusher_plus lock'"
    superuser.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {lock}")


def test_a_load_that_fails_is_rolled_back(live: Table, load: Load, runs: Runs) -> None:
    before = live.whole()
    with load.run.loading():
        load.exchange()
        raise RowsLost(10, 9)
    assert (live.whole(), live.ours) == (before, [])
    assert isinstance(load.run.error, RowsLost)
    assert load.run.swapped is None
    assert (load.end().state, load.row().rows, len(runs(live.resource_id))) == (State.ERROR, None, 1)


@pytest.mark.parametrize(
    ("error", "kind"), [(ValueError("a table that is not there"), LockLost), (DatastoreGone("no connection"), None)]
)
def test_an_error_after_the_lock_was_lost_is_the_loss_of_the_lock(
    error: Exception,
    kind: type[Exception] | None,
    live: Table,
    load: Load,
    superuser: psycopg.Connection,
    runs: Runs,
) -> None:
    before = live.whole()
    with load.run.loading():
        load.exchange()
        cut_lock(superuser)
        raise error
    assert type(load.run.error) is (kind or type(error))
    assert live.whole() == before
    assert load.end().state is State.ERROR
    assert [row["state"] for row in runs(live.resource_id)] == ["error", "queued"]


def test_an_error_while_the_lock_is_held_stays_what_it_is(live: Table, load: Load) -> None:
    error = ValueError("a mistake")
    with load.run.loading():
        raise error
    assert load.run.error is error


def test_a_commit_whose_reply_was_lost_is_a_success(live: Table, load: Load) -> None:
    with load.run.loading():
        load.commit()
        raise DatastoreGone("the connection was cut")
    assert load.run.can_publish
    assert (load.run.error, len(live.whole().rows)) == (None, 4)
    assert (load.end().state, load.row().rows) == (State.COMPLETE, 4)


def test_a_run_that_is_stopped_rolls_back_and_stops_after_its_end_is_written(live: Table, load: Load) -> None:
    before = live.whole()
    with load.run.loading():
        load.exchange()
        raise STOPPED
    assert (live.whole(), live.ours) == (before, [])
    with pytest.raises(SystemExit) as raised:
        load.end()
    assert raised.value is STOPPED
    assert (load.row().state, (load.row().error or {})["kind"]) == (State.ERROR, "SystemExit")


def test_a_run_that_is_stopped_at_its_commit_stops_and_is_published_later(live: Table, load: Load) -> None:
    with load.run.loading():
        load.commit()
        raise STOPPED
    assert (load.run.error, load.run.can_publish, len(live.whole().rows)) == (STOPPED, False, 4)
    with pytest.raises(SystemExit):
        load.end()
    assert (load.row().state, load.row().unpublished) == (State.WARNED, True)


def test_a_run_that_takes_too_long_is_stopped_and_rolled_back(live: Table, load: Load) -> None:
    before = live.whole()
    swapped = load.exchange()
    settings.use(replace(settings.current(), flow_timeout=1))
    with load.run.loading():
        time.sleep(600)
    assert swapped.rows == 4
    assert (type(load.run.error), live.whole()) == (TookTooLong, before)
