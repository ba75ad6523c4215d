"""How the end of a run is written: of a deleted resource, of one that is published late, with a retry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core.errors import LockLost
from ckanext.datapusher_plus.core.outcome import Outcome
from ckanext.datapusher_plus.core.quarantine import Rejected
from ckanext.datapusher_plus.core.retries import Retry
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.recovery.end_run import Ending, end_run
from ckanext.datapusher_plus.runs import claim, database, finish, records, request
from tests.fix_ckan import Runs
from tests.fix_file import Said
from tests.fix_tables import Portal, Table
from tests.fix_way_back import Scene
from tests.loads import end_of, forked

pytestmark = pytest.mark.usefixtures("worker_site")

GOOD = Outcome(state=State.COMPLETE, message="3 rows were loaded.")
BAD = Outcome(state=State.ERROR, message="No.", kind="NothingToLoad")
LOADED = Published(rows=3, columns=(("a", "text"),), file_hash="h", load_key="k")


@pytest.fixture
def delete(portal: Portal) -> Callable[[], None]:
    """Delete all resources of the dataset by leaving them out, after which CKAN keeps their tables."""
    return lambda: portal.act("package_patch", id=portal.dataset, resources=[])


@pytest.fixture
def begun(live: Table, said: Said) -> Callable[..., Ending]:
    """Begin a run of a resource that has a table, and return what is needed to end it."""

    def begin(*, dry_run: bool = False, **more: Any) -> Ending:
        with database.transaction() as connection:
            run_id = request.request(connection, live.resource_id, cause="submit", dry_run=dry_run)
        assert claim.claim(run_id, flow_run_id="flow", worker="worker")
        return Ending(run_id=run_id, resource_id=live.resource_id, log=said, dry_run=dry_run, **more)

    return begin


def written(ending: Ending) -> records.RunRecord:
    record = records.get(ending.run_id)
    assert record
    return record


def test_a_run_of_a_deleted_resource_removes_the_table(
    live: Table, begun: Callable[..., Ending], delete: Callable[[], None], tmp_path: Path
) -> None:
    checks: list[str] = []
    refused = Rejected(rows=1, total=2, path=tmp_path / "rejected.csv")
    ending = begun(published=LOADED, refused=refused, check_lock=lambda: checks.append("checked"))
    delete()
    end = end_run(ending, GOOD)
    record = written(ending)
    assert end
    assert (end.kind, record.state, (record.error or {})["kind"]) == ("ResourceGone", State.ERROR, "ResourceGone")
    assert (record.rows, record.rejected) == (None, None)
    assert (live.facts, checks) == (None, ["checked"])


def test_who_has_lost_the_lock_removes_nothing(
    live: Table, begun: Callable[..., Ending], delete: Callable[[], None]
) -> None:
    def lost() -> None:
        raise LockLost(live.resource_id)

    ending = begun(check_lock=lost)
    delete()
    with pytest.raises(LockLost):
        end_run(ending, GOOD)
    assert live.facts
    assert written(ending).state is State.RUNNING


def test_a_dry_run_of_a_deleted_resource_removes_nothing(
    live: Table, begun: Callable[..., Ending], delete: Callable[[], None]
) -> None:
    ending = begun(dry_run=True)
    delete()
    end = Outcome(state=State.SKIPPED, message="It would load 3 rows.")
    assert end_run(ending, end) == end
    assert (written(ending).state, bool(live.facts)) == (State.SKIPPED, True)


def test_a_resource_that_is_deleted_while_the_end_is_written_loses_its_table(
    live: Table, scene: Scene, begun: Callable[..., Ending], delete: Callable[[], None]
) -> None:
    ending = begun(published=LOADED)
    scene.orders.give({"finish.before": "hold*1"})
    child = forked(partial(end_run, ending, GOOD))
    scene.orders.held()
    delete()
    scene.orders.release()
    assert end_of(child) == 0
    assert ((written(ending).error or {})["kind"], live.facts) == ("ResourceGone", None)


@pytest.mark.parametrize("gone", [False, True])
def test_a_late_publish_is_recorded_once(
    gone: bool, live: Table, begun: Callable[..., Ending], delete: Callable[[], None]
) -> None:
    ending = begun()
    assert finish.finish(ending.run_id, State.COMPLETE, message="Later.", published=LOADED, unpublished=True)
    late = replace(ending, late=True)
    if gone:
        delete()
    assert end_run(late, GOOD) == GOOD
    record = written(late)
    # the run was good, even if its resource was deleted afterwards
    assert (record.state, record.message, record.unpublished) == (State.COMPLETE, GOOD.message, False)
    assert bool(live.facts) is not gone
    assert end_run(late, BAD) is None


def test_a_retry_is_queued_by_the_end_itself(live: Table, begun: Callable[..., Ending], runs: Runs) -> None:
    ending = begun()
    end = replace(BAD, retry=Retry(tries=2, wait=0))
    assert end_run(ending, end) == end
    _, again = runs(live.resource_id)
    assert (again["state"], again["tries"], again["retry_of"]) == ("queued", 2, ending.run_id)
    assert end_run(ending, end) is None
    assert len(runs(live.resource_id)) == 2


def test_only_a_good_end_records_a_table(begun: Callable[..., Ending], tmp_path: Path) -> None:
    refused = Rejected(rows=1, total=2, path=tmp_path / "rejected.csv")
    bad = begun(published=LOADED, refused=refused)
    end_run(bad, BAD)
    assert (written(bad).rows, written(bad).rejected) == (None, [1, 2, 1])
    good = begun(published=replace(LOADED, warnings=("Look.",)))
    end_run(good, replace(GOOD, warnings=("Look.",)))
    assert (written(good).rows, written(good).load_key, written(good).warnings) == (3, "k", ["Look."])
