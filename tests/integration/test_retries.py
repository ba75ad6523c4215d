"""Runs that are tried again by themselves, in the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ckanext.datapusher_plus.core.retries import Retry
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.model import log, run
from ckanext.datapusher_plus.runs import claim, database, finish, prune, queue, records, request, unpublished
from tests.fix_ckan import Runs

pytestmark = pytest.mark.usefixtures("clean_db")

RESOURCE = "6f7a1f0c-0000-4000-8000-000000000001"
OTHER = "6f7a1f0c-0000-4000-8000-000000000002"
GOOD = Published(rows=3, columns=(("a", "text"),), file_hash="h", load_key="k", warnings=("No alias.",))
WHY = "Its worker died. It is tried again automatically (try 2 of 3)."


def ask(resource_id: str = RESOURCE, **wish: Any) -> str:
    with database.transaction() as connection:
        return request.request(connection, resource_id, cause="submit", **wish)


def begin(run_id: str) -> claim.Claimed:
    claimed = claim.claim(run_id, flow_run_id="flow", worker="worker")
    assert claimed is not None
    return claimed


def begun(**wish: Any) -> str:
    run_id = ask(**wish)
    begin(run_id)
    return run_id


def fail(run_id: str, wait: float = 0, tries: int = 2) -> bool:
    return finish.finish(run_id, State.ERROR, message=WHY, retry=Retry(tries=tries, wait=wait))


def shift(**moments: timedelta | None) -> None:
    """Move moments of all runs as a clock would have them that was wrong by so much."""
    with database.transaction() as connection:
        connection.execute(sa.update(run).values(**{k: v and sa.func.now() + v for k, v in moments.items()}))


def waiting() -> list[str]:
    return [one.run_id for one in queue.waiting()]


def test_the_retry_is_queued_with_what_was_asked_for_and_the_reason(runs: Runs) -> None:
    first = begun(ignore_hash=True)
    fail(first)
    ended, retry = runs()
    assert (ended["state"], ended["message"]) == ("error", WHY)
    told = {name: retry[name] for name in ("state", "cause", "ignore_hash", "dry_run", "tries", "retry_of", "message")}
    assert told == {
        "state": "queued",
        "cause": "retry",
        "ignore_hash": True,
        "dry_run": False,
        "tries": 2,
        "retry_of": first,
        "message": WHY,
    }
    assert [line.message for line in records.log_lines(retry["id"], 9)] == [f"Try 2. The one before: {WHY}"]
    assert begin(retry["id"]).tries == 2


def test_a_run_that_cannot_end_queues_nothing(runs: Runs) -> None:
    run_id = begun()
    fail(run_id)
    assert not fail(run_id)
    assert [row["state"] for row in runs()] == ["error", "queued"]


def test_a_retry_waits_for_its_time() -> None:
    fail(begun(), wait=30)
    assert waiting() == []
    shift(not_before=timedelta(seconds=-1))
    assert len(waiting()) == 1


@pytest.mark.parametrize("moment", ["not_before", "dispatched_at"])
def test_a_clock_that_was_wrong_holds_nothing_up(moment: str) -> None:
    ask()
    shift(**{moment: timedelta(days=1)})
    assert len(queue.waiting(timedelta(seconds=20))) == 1


def test_a_request_takes_the_place_of_a_waiting_retry(runs: Runs) -> None:
    fail(begun(ignore_hash=True), wait=30)
    assert ask() == runs()[-1]["id"]
    last = runs()[-1]
    assert (last["cause"], last["tries"], last["retry_of"], last["message"]) == ("submit", 1, None, None)
    # what the run that failed was asked for is still to be done
    assert (last["ignore_hash"], waiting()) == (True, [last["id"]])


def test_a_request_that_waits_already_takes_over_what_a_failed_run_was_asked_for(runs: Runs) -> None:
    first = begun()
    newer = ask(dry_run=True)
    fail(first)
    assert [(row["id"], row["dry_run"], row["tries"]) for row in runs()][1:] == [(newer, False, 1)]


def test_a_waiting_retry_does_not_cover_a_request() -> None:
    fail(begun())
    with database.transaction() as connection:
        assert not request.would_change_nothing(connection, RESOURCE)


def test_a_retry_does_not_overtake_others() -> None:
    first = begun()
    other = ask(OTHER)
    fail(first)
    assert waiting()[0] == other


def test_a_run_whose_process_never_began_comes_again_soon_and_then_later() -> None:
    run_id = ask()
    queue.dispatched(run_id, "flow-1")
    queue.put_back(run_id)
    assert waiting() == []
    assert [pause(run_id) for _ in range(12)] == [4, 6, 8, 10, 12, 14, 16, 18, 20, 20, 20, 20]


def pause(run_id: str) -> int:
    """Hand a run over and put it back, and return for how many seconds it waits."""
    queue.dispatched(run_id, "flow")
    queue.put_back(run_id)
    with database.transaction() as connection:
        return round(connection.execute(sa.select(run.c.not_before - sa.func.now())).scalar_one().total_seconds())


def test_what_lands_is_known_before_the_run_has_ended_and_forgotten_when_it_fails() -> None:
    run_id = begun()
    finish.landed(run_id, GOOD)
    record = records.get(run_id)
    assert record is not None
    assert (record.rows, record.file_hash, record.load_key, record.warnings) == (3, "h", "k", ["No alias."])
    assert records.last_good_load_key(RESOURCE) is None
    fail(run_id)
    failed = records.get(run_id)
    assert failed is not None
    assert (failed.rows, failed.columns, failed.file_hash, failed.load_key) == (None, None, None, None)


def half_told() -> str:
    """Return a run whose table is in place and that CKAN was not told of."""
    run_id = begun()
    finish.finish(run_id, State.WARNED, message="Later.", published=GOOD, unpublished=True)
    return run_id


def test_what_ckan_was_not_told_of_is_made_up_for() -> None:
    run_id = half_told()
    assert [record.id for record in unpublished.due()] == [run_id]
    assert unpublished.done(run_id, State.COMPLETE, message="3 rows were loaded.", warnings=())
    assert unpublished.due() == []
    record = records.get(run_id)
    assert record is not None
    assert (record.state, record.message, record.warnings) == (State.COMPLETE, "3 rows were loaded.", None)
    assert not unpublished.done(run_id, State.WARNED, message="again", warnings=())


def test_who_had_no_luck_lets_others_try() -> None:
    first, second = half_told(), half_told()
    unpublished.postpone(first)
    assert [record.id for record in unpublished.due()] == [second]
    shift(not_before=timedelta(days=1))
    assert len(unpublished.due()) == 2


def test_a_newer_table_is_not_described_by_an_older_run() -> None:
    first = half_told()
    record = records.get(first)
    assert record is not None
    for state, replaced in [(State.ERROR, False), (State.SKIPPED, False), (State.COMPLETE, True)]:
        finish.finish(begun(), state, message="")
        assert unpublished.is_replaced(record) is replaced


def prune_all(keep: int) -> None:
    at = prune.prune(keep)
    while at:
        at = prune.prune(keep, after=at)


def ended(state: State, count: int = 1, resource_id: str = RESOURCE, **wish: Any) -> list[str]:
    made = [begun(resource_id=resource_id, **wish)]
    finish.finish(made[0], state, message="That was it.")
    return made + (ended(state, count - 1, resource_id, **wish) if count > 1 else [])


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize(("keep", "left"), [(0, 6), (9, 6), (4, 4), (1, 1)])
def test_old_runs_are_forgotten_with_their_logs(keep: int, left: int, runs: Runs) -> None:
    made = ended(State.COMPLETE, 6)
    with database.transaction() as connection:
        for run_id in made:
            connection.execute(sa.insert(log).values(run_id=run_id, level="INFO", message="One."))
    made.append(ask())
    prune_all(keep)
    assert ids(runs()) == made[-left - 1 :]
    with database.transaction() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(log)).scalar_one() == left


def test_what_tells_an_unchanged_file_stays(runs: Runs) -> None:
    loaded = ended(State.WARNED, 2)
    failed = ended(State.ERROR, 2)
    ended(State.COMPLETE, 2, dry_run=True)
    skipped = ended(State.SKIPPED, 9)
    prune_all(3)
    assert ids(runs()) == [loaded[-1], failed[-1], *skipped[-3:]]


def test_what_ckan_was_not_told_of_is_not_forgotten(runs: Runs) -> None:
    made = [half_told(), *ended(State.COMPLETE, 3)]
    prune_all(1)
    assert ids(runs()) == [made[0], made[-1]]


def test_pruning_goes_from_resource_to_resource_in_small_steps(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "_PAGE", 1)
    monkeypatch.setattr(prune, "_MOST", 2)
    made = [ended(State.COMPLETE, 4, resource_id) for resource_id in (RESOURCE, OTHER)]
    assert [prune.prune(1), prune.prune(1), prune.prune(1, after=RESOURCE)] == ["", RESOURCE, RESOURCE]
    assert len(runs()) == 3
    prune_all(1)
    assert ids(runs()) == [each[-1] for each in made]
