"""A run's life in the database, with rivals on other connections."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import psycopg2
import pytest
import sqlalchemy as sa
from ckan import model as ckan_model

from ckanext.datapusher_plus.core.retries import Retry
from ckanext.datapusher_plus.core.states import OPEN, State
from ckanext.datapusher_plus.core.values import Published
from ckanext.datapusher_plus.model import CHANNEL
from ckanext.datapusher_plus.runs import claim, database, finish, queue, records, request
from tests.fix_ckan import Runs

pytestmark = pytest.mark.usefixtures("clean_db")

RESOURCE = "6f7a1f0c-0000-4000-8000-000000000001"
OTHER = "6f7a1f0c-0000-4000-8000-000000000002"
RIVALS = 20
GOOD = Published(rows=3, columns=(("a", "text"), ("b_2", "text", "b")), file_hash="h", load_key="k", warnings=())
Result = TypeVar("Result")


def ask(resource_id: str = RESOURCE, **wish: Any) -> str:
    with database.transaction() as connection:
        return request.request(connection, resource_id, cause="submit", **wish)


def begin(run_id: str) -> claim.Claimed | None:
    return claim.claim(run_id, flow_run_id="flow", worker="worker")


def end(run_id: str, state: State = State.COMPLETE, **more: Any) -> bool:
    return finish.finish(run_id, state, message="That was it.", **more)


def at_once(work: Callable[[], Result]) -> list[Result]:
    with ThreadPoolExecutor(RIVALS) as pool:
        return [future.result() for future in [pool.submit(work) for _ in range(RIVALS)]]


def test_simultaneous_requests_become_one_queued_run(runs: Runs) -> None:
    ids = at_once(ask)
    assert [row["id"] for row in runs()] == list(set(ids))


def test_the_most_thorough_of_the_joined_requests_wins(runs: Runs) -> None:
    ask(dry_run=True)
    ask(ignore_hash=True)
    ask()
    assert [(row["ignore_hash"], row["dry_run"]) for row in runs()] == [(True, False)]


def test_a_request_rolled_back_leaves_nothing(runs: Runs) -> None:
    connection = ckan_model.ensure_engine().connect()
    request.request(connection, RESOURCE, cause="submit")
    connection.close()
    assert runs() == []


def test_of_many_workers_one_gets_the_run() -> None:
    run_id = ask()
    won = [claimed for claimed in at_once(lambda: begin(run_id)) if claimed]
    assert [claimed.run_id for claimed in won] == [run_id]


def test_a_claim_tells_what_was_asked_for() -> None:
    claimed = begin(ask(ignore_hash=True))
    assert claimed is not None
    assert (claimed.resource_id, claimed.cause, claimed.ignore_hash, claimed.dry_run) == (
        RESOURCE,
        "submit",
        True,
        False,
    )


def test_a_request_during_a_run_waits_for_its_end(runs: Runs) -> None:
    first = ask()
    begin(first)
    second = ask()
    assert [row["state"] for row in runs()] == ["running", "queued"]
    assert queue.waiting() == []
    end(first)
    assert [waiting.run_id for waiting in queue.waiting()] == [second]


def test_requests_and_claims_race_without_losing_a_request() -> None:
    for _ in range(10):
        first = ask()
        with ThreadPoolExecutor(2) as pool:
            claimed, asked = pool.submit(begin, first), pool.submit(ask)
        assert claimed.result() is not None
        record = records.get(asked.result())
        assert record is not None
        # either it joined the run before that began, and so its file is read, or it made a successor
        assert record.id == first or record.state is State.QUEUED
        end(first)
        begin(record.id)
        end(record.id)


def test_a_second_run_of_a_resource_is_refused_and_handed_over_later() -> None:
    first = ask()
    begin(first)
    second = ask()
    queue.dispatched(second, "too early")
    assert begin(second) is None
    end(first)
    assert [(waiting.run_id, waiting.attempt) for waiting in queue.waiting()] == [(second, 1)]


def test_of_many_ends_one_is_told() -> None:
    run_id = ask()
    begin(run_id)
    assert at_once(lambda: end(run_id)).count(True) == 1


@pytest.mark.parametrize("last", sorted(set(State) - OPEN))
@pytest.mark.parametrize("new", [state for state in State if state is not State.QUEUED])
def test_a_run_that_has_ended_stays_as_it_is(last: State, new: State, runs: Runs) -> None:
    run_id = ask()
    begin(run_id)
    end(run_id, last)
    assert not end(run_id, new)
    assert begin(run_id) is None
    assert [row["state"] for row in runs()] == [last.value]


def test_a_queued_run_cannot_be_complete(runs: Runs) -> None:
    assert not end(ask())
    assert [row["state"] for row in runs()] == ["queued"]


def test_what_was_loaded_is_kept() -> None:
    run_id = ask()
    begin(run_id)
    end(run_id, State.WARNED, published=GOOD)
    record = records.get(run_id)
    assert record is not None
    assert (record.rows, record.file_hash, record.load_key) == (3, "h", "k")
    assert record.columns == [["a", "text"], ["b_2", "text", "b"]]


def test_a_dispatched_run_comes_again_only_when_it_was_lost() -> None:
    run_id = ask()
    queue.dispatched(run_id, "flow-1")
    assert queue.waiting() == []
    assert queue.waiting(timedelta(minutes=5)) == []
    [lost] = queue.waiting(timedelta(0))
    assert (lost.run_id, lost.attempt, lost.flow_run_id) == (run_id, 1, "flow-1")


def test_an_undispatched_run_comes_again() -> None:
    run_id = ask()
    queue.dispatched(run_id, "flow-1")
    queue.undispatch(run_id)
    assert [waiting.run_id for waiting in queue.waiting()] == [run_id]


def test_who_waits_longest_is_first() -> None:
    first, second = ask(OTHER), ask(RESOURCE)
    ask(OTHER)
    assert [waiting.run_id for waiting in queue.waiting()] == [first, second]


def notifications(listener: Any) -> list[str]:
    listener.poll()
    return [listener.notifies.pop(0).payload for _ in list(listener.notifies)]


def test_the_dispatcher_hears_of_a_request_with_its_commit() -> None:
    listener = psycopg2.connect(ckan_model.ensure_engine().url.render_as_string(hide_password=False))
    listener.autocommit = True
    listener.cursor().execute(f"LISTEN {CHANNEL}")
    with database.transaction() as connection:
        request.request(connection, RESOURCE, cause="submit")
        assert notifications(listener) == []
    listener.cursor().execute("SELECT 1")
    assert notifications(listener) == [RESOURCE]
    listener.close()


@pytest.mark.parametrize(
    ("ends", "key"),
    [
        ([], None),
        ([(State.COMPLETE, GOOD)], "k"),
        ([(State.WARNED, GOOD)], "k"),
        ([(State.COMPLETE, GOOD), (State.SKIPPED, None)], "k"),
        ([(State.COMPLETE, GOOD), (State.ERROR, None)], None),
        ([(State.COMPLETE, GOOD), (State.CANCELLED, None)], None),
    ],
    ids=["never loaded", "loaded", "loaded with warnings", "then unchanged", "then failed", "then stopped"],
)
def test_the_load_key_is_that_of_what_is_in_the_table(
    ends: list[tuple[State, Published | None]], key: str | None
) -> None:
    for state, published in ends:
        run_id = ask()
        begin(run_id)
        end(run_id, state, published=published)
    assert records.last_good_load_key(RESOURCE) == key


def test_a_dry_run_has_no_say_about_the_table() -> None:
    run_id = ask(dry_run=True)
    begin(run_id)
    end(run_id, published=GOOD)
    assert records.last_good_load_key(RESOURCE) is None
    assert not records.has_loaded_before(RESOURCE, besides="another")


def test_the_present_run_is_shown_before_those_that_ended() -> None:
    first = ask()
    begin(first)
    end(first)
    second = ask()
    begin(second)
    third = ask()
    assert [record.id for record in records.runs_of(RESOURCE, limit=9)] == [second, third, first]


def test_the_history_has_a_dry_run_in_its_place_but_the_last_load_is_the_present_run() -> None:
    first = ask()
    begin(first)
    end(first, published=GOOD)
    second = ask(dry_run=True)
    begin(second)
    end(second, published=GOOD)
    assert [record.id for record in records.runs_of(RESOURCE, limit=9)] == [second, first]
    present = records.latest(RESOURCE)
    assert present is not None
    assert present.id == first


def task() -> tuple[str, str | None, dict[str, str]]:
    table = ckan_model.task_status_table
    with database.transaction() as connection:
        row = connection.execute(sa.select(table)).mappings().one()
    names = ("entity_type", "entity_id", "task_type", "key")
    assert [row[name] for name in names] == ["resource", RESOURCE, "datapusher_plus", "datapusher_plus"]
    return row["state"], json.loads(row["value"])["job_id"], json.loads(row["error"])


def test_other_software_sees_the_run_in_task_status() -> None:
    run_id = ask()
    assert task() == ("pending", run_id, {})
    begin(run_id)
    assert task() == ("running", run_id, {})
    end(run_id, State.ERROR, error_kind="NotText", error_about={"public": "In line 2."})
    assert task() == ("error", run_id, {"message": "In line 2.", "kind": "NotText"})
    assert task()[1] != ask()
    assert task()[0] == "pending"


def test_a_successor_shows_in_task_status_when_the_run_has_ended() -> None:
    first = ask()
    begin(first)
    second = ask()
    assert task()[:2] == ("running", first)
    end(first)
    assert task()[:2] == ("pending", second)


def test_the_sweep_sees_running_runs() -> None:
    run_id = ask()
    assert records.running() == []
    begin(run_id)
    assert [found.run_id for found in records.running()] == [run_id]


def test_the_sweep_sees_what_a_loader_outside_had_begun() -> None:
    run_id = ask()
    claim.claim(run_id, flow_run_id=None, worker="datapusher_hook")
    assert [found.run_id for found in records.running()] == [run_id]


# -- people before commands ---------------------------------------------------------------------


def order() -> list[str]:
    return [waiting.run_id for waiting in queue.waiting()]


def test_what_a_person_asks_for_comes_before_what_a_command_asked_for() -> None:
    of_command = [ask(f"6f7a1f0c-0000-4000-8000-{number:012}", bulk=True) for number in range(10, 15)]
    first, second = ask(OTHER), ask(RESOURCE)
    assert order() == [first, second, *of_command]
    assert [waiting.run_id for waiting in queue.waiting(limit=3)] == [first, second, of_command[0]]


def test_a_person_moves_what_a_command_asked_for_forward_even_when_prefect_has_it() -> None:
    late, early = ask(OTHER, bulk=True), ask(RESOURCE, bulk=True)
    queue.dispatched(early, "in the queue for commands")
    assert order() == [late]
    assert ask(RESOURCE) == early
    assert [(waiting.run_id, waiting.attempt, waiting.bulk) for waiting in queue.waiting()] == [
        (early, 1, False),
        (late, 0, True),
    ]


def test_a_command_moves_nothing_back() -> None:
    first, second = ask(OTHER, bulk=True), ask(RESOURCE)
    queue.dispatched(second, "flow")
    ask(RESOURCE, bulk=True)
    assert order() == [first]
    assert [waiting.bulk for waiting in queue.waiting(timedelta(0))] == [False, True]


@pytest.mark.parametrize("bulk", [True, False])
def test_a_retry_waits_where_its_request_waited(bulk: bool) -> None:
    run_id = ask(bulk=bulk)
    begin(run_id)
    end(run_id, State.ERROR, retry=Retry(tries=2, wait=0))
    assert [waiting.bulk for waiting in queue.waiting()] == [bulk]


@pytest.mark.parametrize(
    ("queued", "asked", "nothing_new"), [(True, True, True), (True, False, False), (False, True, True)]
)
def test_a_person_is_not_told_that_a_commands_request_is_enough(queued: bool, asked: bool, nothing_new: bool) -> None:
    ask(bulk=queued)
    with database.transaction() as connection:
        assert request.would_change_nothing(connection, RESOURCE, bulk=asked) is nothing_new
