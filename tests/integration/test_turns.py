"""Whose turn it is among organizations, with CKAN's own datasets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from ckan.tests import factories

from ckanext.datapusher_plus import settings, waits
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import claim, database, finish, queue, records, request, turns
from ckanext.datapusher_plus.runs.turns import SMALL, Room

pytestmark = [pytest.mark.usefixtures("clean_db", "with_plugins")]

THREE = Room(places=3, extra=1, taken=0)


def files(number: int, **resource: Any) -> list[str]:
    """Return the ids of new resources of an organization of their own."""
    dataset = factories.Dataset(owner_org=factories.Organization()["id"])
    return [resource_of(dataset, **resource) for _ in range(number)]


def resource_of(dataset: dict[str, Any], **resource: Any) -> str:
    """Return the id of a new resource of no format, which nobody has asked to load."""
    return factories.Resource(package_id=dataset["id"], format="none", **resource)["id"]


def ask(*resource_ids: str, **wish: Any) -> None:
    for resource_id in resource_ids:
        with database.transaction() as connection:
            request.request(connection, resource_id, cause="submit", **wish)


def up(room: Room = THREE, most: int = 100) -> list[str]:
    return [waiting.resource_id for waiting in turns.next_up(room, most=most)]


def begin(*resource_ids: str) -> None:
    for resource_id in resource_ids:
        latest = records.latest(resource_id)
        assert latest
        assert claim.claim(latest.id, flow_run_id="flow", worker="worker")


def test_organizations_take_turns() -> None:
    many, few, one = files(5), files(2), files(1)
    ask(*many, *few, *one)
    assert up() == [many[0], few[0], one[0]]
    assert up(Room(places=8, extra=0, taken=0)) == [many[0], few[0], one[0], many[1], few[1], *many[2:5]]
    assert up(most=2) == [many[0], few[0]]


def test_who_has_runs_already_comes_after_who_has_none() -> None:
    many, one = files(4), files(1)
    ask(*many)
    begin(*many[:2])
    ask(*one)
    assert up(Room(places=3, extra=0, taken=2)) == one
    assert up(Room(places=4, extra=0, taken=2)) == [*one, many[2]]


def test_one_may_have_all_places_while_nobody_else_waits() -> None:
    many = files(5)
    ask(*many)
    assert up() == many[:3]
    begin(*many[:3])
    assert up(Room(places=3, extra=1, taken=3)) == []


def test_nobody_waits_until_the_long_loads_of_others_are_over() -> None:
    many, one, other = files(5), files(2), files(1)
    ask(*many)
    begin(*many[:3])
    full = Room(places=3, extra=1, taken=3)
    ask(*one, *other)
    assert up(full) == [one[0]]
    begin(one[0])
    # the second of the same organization has to wait, and so has the next one when there is no more room
    assert up(Room(places=3, extra=1, taken=4)) == []
    assert up(Room(places=3, extra=0, taken=3)) == []


def test_what_was_handed_over_takes_a_place_for_a_while() -> None:
    many = files(5)
    ask(*many)
    [first, *_] = turns.next_up(THREE, most=1)
    queue.dispatched(first.run_id, "flow")
    assert up() == many[1:3]
    # this worker has it, and counts it
    assert up(Room(places=3, extra=0, taken=1, ids=[first.run_id])) == many[1:3]
    with database.transaction() as connection:
        connection.execute(sa.update(run).values(dispatched_at=sa.func.now() - waits.CLAIM))
    assert len(up()) == 0
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(run.c.id != first.run_id).values(dispatched_at=None))
    assert up() == many[1:4]


def test_people_come_before_commands_and_small_files_before_large_ones() -> None:
    large, small, bulk = files(1, size=SMALL + 1), files(1, size=SMALL), files(1, size=1)
    ask(*bulk, bulk=True)
    ask(*large)
    ask(*small)
    assert up() == [*small, *large, *bulk]


def test_a_dataset_of_no_organization_is_its_creators() -> None:
    user, other = factories.User(), factories.User()
    owned = [factories.Dataset(user=maker) for maker in (user, user, other)]
    ids = [resource_of(dataset) for dataset in owned]
    ask(*ids)
    assert up(Room(places=2, extra=0, taken=0)) == [ids[0], ids[2]]


@pytest.fixture
def two_an_hour(with_plugins: None) -> Iterator[None]:
    """A resource may be loaded twice within an hour."""
    before = settings.current()
    settings.use(replace(before, runs_per_hour=2))
    yield
    settings.use(before)


@pytest.mark.usefixtures("two_an_hour")
def test_a_resource_is_loaded_so_often_within_an_hour_and_says_so() -> None:
    [mine], [other] = files(1), files(1)
    for _ in range(2):
        ask(mine)
        assert up() == [mine]
        begin(mine)
        finish.finish(records.latest(mine).id, State.COMPLETE, message="Done.")  # type: ignore[union-attr]
    ask(mine, other)
    turns.tell_who_waits()
    assert up() == [other]
    waiting = records.latest(mine)
    assert waiting
    assert "loaded 2 times within an hour" in (waiting.message or "")
    with database.transaction() as connection:
        connection.execute(sa.update(run).values(started_at=run.c.started_at - timedelta(minutes=60)))
    assert up() == [mine, other]
