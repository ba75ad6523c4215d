"""Small files at once: a hundred, one beside sixty of another organization, and a portal's worth."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from dev.process import ckan_command

from .files import SMALL
from .runs import Runs
from .stack import Ground, new_dataset, stack_file

FILES = 100
#: Queued files of another organization.
NEIGHBOURS = 60
#: Resources per dataset; few, because CKAN writes the whole dataset whenever one of its resources changes.
TOGETHER = 5
#: Resources that a harvest creates, and for which a command asks.
HARVESTED, COMMANDED = 1_000, 2_000
#: Concurrent requests, as from a few people or a harvester.
CLIENTS = 4
_LOOK = 0.05
_PATIENCE = 3_600


class StillWaiting(RuntimeError):
    """Not all files were loaded within ``_PATIENCE`` seconds."""


def uploads(ground: Ground) -> tuple[list[str], float]:
    """Upload a hundred files.

    :returns: the ids of their resources, and the loads per minute, counted from the first request.
    """
    file, portal = SMALL.path(ground.files), ground.portal
    datasets = [new_dataset(portal) for _ in range(FILES // TOGETHER)]

    def upload(dataset: str) -> list[str]:
        # one after another within a dataset: CKAN refuses one of two concurrent changes of a dataset
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
    """Request loads of all these resources at once; return the loads per minute, counted from the first request."""

    def submit(resource_id: str) -> None:
        ground.portal.act("datapusher_submit", resource_id=resource_id, ignore_hash=True)

    def ask() -> list[str]:
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(submit, resources))
        return resources

    return _per_minute(ground, ask)


def harvested(ground: Ground, number: int) -> tuple[list[str], float]:
    """Create resources with a small file one after another, as a harvester does.

    :returns: their ids, and the loads per minute, counted from the first request.
    """
    file, portal = SMALL.path(ground.files), ground.portal
    resources: list[str] = []

    def ask() -> list[str]:
        for _ in range(number // TOGETHER):
            dataset = new_dataset(portal)
            for at in range(TOGETHER):
                made = portal.upload("resource_create", file, package_id=dataset, name=f"harvested {at}", format="CSV")
                resources.append(made["id"])
        return resources

    return resources, _per_minute(ground, ask)


def commanded(ground: Ground, resources: list[str]) -> float:
    """Ask for all files of the site by ``ckan datapusher_plus submit``; return the loads per minute."""
    command = ckan_command(stack_file()["ckan_ini"], "datapusher_plus", "submit", "--yes", "--ignore-hash")

    def ask() -> list[str]:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return resources

    return _per_minute(ground, ask)


def described(ground: Ground, resources: list[str]) -> float:
    """Wait until there are statistics of the newest table of all these resources; return the seconds."""
    with Runs(ground.ckan_dsn) as runs:
        start = time.perf_counter()
        while waiting := runs.undescribed(resources):
            if time.perf_counter() - start > _PATIENCE:
                raise StillWaiting(f"{waiting} of {len(resources)} tables have no statistics")
            time.sleep(_LOOK)
        return time.perf_counter() - start


def beside(ground: Ground, neighbours: int) -> float:
    """Upload a small file while ``neighbours`` files of another organization are queued.

    :returns: seconds from the upload until it is loaded.
    """
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
