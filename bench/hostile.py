"""Seconds that a small file takes beside hostile files, answers and slow links of another organization."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.fix_hostile import Hostile, serving
from tests.hostile_inputs import ANSWERS, FILES, SLOW

from .files import SMALL
from .measures import Rounds
from .runs import Runs
from .stack import Ground, chosen, new_dataset

#: Slow links at once, more than a worker has places.
TOGETHER = 6
_LOOK = 0.05
_PATIENCE = 900

#: Create hostile resources in a dataset, and return their ids.
Attack = Callable[[str], list[str]]


class NotHostile(RuntimeError):
    """The hostile server was not asked, so that nothing was measured."""


def victims(ground: Ground, rounds: int) -> Rounds:
    """Upload a small file beside each kind of hostile input.

    :returns: the seconds from its request to ``complete`` in its run's row, by the name of the input.
    """
    with serving(chosen().port("hostile")) as server, Runs(ground.ckan_dsn) as runs:
        attacks = {**_files(ground), **_links(ground, server)}
        mine = new_dataset(ground.portal)
        return {
            f"victim beside {name}": [_beside(ground, runs, server, attack, mine) for _ in range(rounds)]
            for name, attack in attacks.items()
        }


def _files(ground: Ground) -> dict[str, Attack]:
    def attack(name: str) -> Attack:
        kind, content = FILES[name]
        file = ground.files / f"hostile {name}.{kind.lower()}"
        if not file.exists():
            file.write_bytes(content())

        def upload(dataset: str) -> list[str]:
            made = ground.portal.upload("resource_create", file, package_id=dataset, name=name, format=kind)
            return [made["id"]]

        return upload

    return {name: attack(name) for name in FILES}


def _links(ground: Ground, server: Hostile) -> dict[str, Attack]:
    def attack(count: int, *answers: Callable[[], object]) -> Attack:
        def link(dataset: str) -> list[str]:
            server.asked.clear()
            server.says(*answers)  # pyright: ignore[reportArgumentType]
            links = [server.url(f"{number}.csv") for number in range(count)]
            made = [
                ground.portal.act("resource_create", package_id=dataset, name="link", url=url, format="CSV")
                for url in links
            ]
            _until(lambda: bool(server.asked))
            return [resource["id"] for resource in made]

        return link

    each = {name: attack(1, answer) for name, answer in {**ANSWERS, **SLOW}.items()}
    return {**each, f"{TOGETHER} slow links": attack(TOGETHER, *SLOW.values())}


def _beside(ground: Ground, runs: Runs, server: Hostile, attack: Attack, mine: str) -> float:
    """Return the seconds that a small file takes as soon as hostile input is being loaded."""
    hostile = attack(new_dataset(ground.portal))
    _until(lambda: any((run := runs.latest(id_)) and run.started_at for id_ in hostile))
    file = SMALL.path(ground.files)
    made = ground.portal.upload("resource_create", file, package_id=mine, name="victim", format="CSV")
    run = runs.ended(made["id"], None)
    still = runs.open(hostile)
    server.relent()
    _until(lambda: not runs.open(hostile))
    for id_ in [*hostile, made["id"]]:
        ground.portal.act("resource_delete", id=id_)
    assert run.finished_at is not None
    took = (run.finished_at - run.requested_at).total_seconds()
    print(f"  {took:.2f} s, and {still} of {len(hostile)} hostile runs went on", flush=True)
    return took


def _until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise NotHostile(f"not within {_PATIENCE} s")
        time.sleep(_LOOK)
