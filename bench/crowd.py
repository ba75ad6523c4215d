"""A hundred small files that are asked for at once, and one beside sixty of another organization."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from .files import SMALL
from .runs import Runs
from .stack import Ground, new_dataset

FILES = 100
#: Files of another organization that wait.
NEIGHBOURS = 60
#: Resources of one dataset: CKAN writes all of a dataset whenever one of its resources changes.
TOGETHER = 5
#: Requests under way at once, as from a few people or a harvester.
CLIENTS = 4
_LOOK = 0.05
_PATIENCE = 900


class StillWaiting(RuntimeError):
    """Not all files were loaded in time."""


def uploads(ground: Ground) -> tuple[list[str], float]:
    """Upload a hundred files; return their resources, and how many a minute were loaded from the first request on."""
    file, portal = SMALL.path(ground.files), ground.portal
    datasets = [new_dataset(portal) for _ in range(FILES // TOGETHER)]

    def upload(dataset: str) -> list[str]:
        # one after another within a dataset, or CKAN would refuse one of two writers
        made = [
            portal.upload("resource_create", file, package_id=dataset, name=f"small {number}", format="CSV")
            for number in range(TOGETHER)
        ]
        return [resource["id"] for resource in made]

    resources: list[str] = []

    def ask() -> list[str]:
        with ThreadPoolExecutor(CLIENTS) as clients:
            resources.extend(chain.from_iterable(clients.map(upload, datasets)))
        return resources

    return resources, _per_minute(ground, ask)


def submitted(ground: Ground, resources: list[str]) -> float:
    """Ask for all of these resources at once; return how many a minute were loaded from the first request on."""

    def submit(resource_id: str) -> None:
        ground.portal.act("datapusher_submit", resource_id=resource_id, ignore_hash=True)

    def ask() -> list[str]:
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(submit, resources))
        return resources

    return _per_minute(ground, ask)


def beside(ground: Ground, neighbours: int) -> float:
    """Upload a small file while so many of another organization wait; return the seconds until it is loaded."""
    file, portal = SMALL.path(ground.files), ground.portal
    theirs, mine = new_dataset(portal), new_dataset(portal)
    asked = [
        portal.upload("resource_create", file, package_id=theirs, name=f"neighbour {number}", format="CSV")["id"]
        for number in range(neighbours)
    ]
    for resource_id in asked:
        portal.act("datapusher_submit", resource_id=resource_id, ignore_hash=True)
    with Runs(ground.ckan_dsn) as runs:
        start = time.perf_counter()
        made = portal.upload("resource_create", file, package_id=mine, name="mine", format="CSV")
        runs.ended(made["id"], None)
        took = time.perf_counter() - start
        while runs.open(asked):
            time.sleep(_LOOK)
    return took


def _per_minute(ground: Ground, ask: Callable[[], list[str]]) -> float:
    with Runs(ground.ckan_dsn) as runs:
        start = time.perf_counter()
        resources = ask()
        while waiting := runs.open(resources):
            if time.perf_counter() - start > _PATIENCE:
                raise StillWaiting(f"{waiting} of {len(resources)} files are not loaded")
            time.sleep(_LOOK)
        took = time.perf_counter() - start
        for resource_id in resources:
            runs.ended(resource_id, None)
    return 60 * len(resources) / took
