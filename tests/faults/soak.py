"""The soak: clients upload and edit for minutes while random faults occur."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from dev.portal import ActionFailed
from dev.stack import MAIN
from tests.faults import verdict
from tests.faults.cases import RELOAD
from tests.faults.files import File
from tests.faults.site import Setup, Site, until
from tests.faults.tables import Resource, make

CLIENTS = 4
RESOURCES = 10
UPLOADS = 200
#: Number of a client's uploads per edit of a Data Dictionary.
EDIT_EVERY = 4
#: Shortest and longest time between two faults, in seconds.
PAUSES = (0.2, 1.5)


@dataclass
class Soak:
    """One soak; the seed determines its random choices."""

    site: Site
    seed: int
    resources: list[Resource] = field(default_factory=list)
    #: how often each kind of fault occurred
    faults: Counter[str] = field(default_factory=Counter)
    #: loads that ended with an error and were submitted again, as its message asks for
    loaded_again: int = 0
    findings: list[str] = field(default_factory=list)
    took: float = 0.0
    settled_in: float = 0.0

    def run(self) -> None:
        """Upload while faults occur, and check all resources at the end."""
        began = time.monotonic()
        self.site.work_as(Setup())
        self.resources = [make(self.site) for _ in range(RESOURCES)]
        self._upload_among_faults()
        self._settle()
        for resource in self.resources:
            self.findings += [f"{resource.id}: {found}" for found in _judge(resource)]
        self.took = time.monotonic() - began

    def _upload_among_faults(self) -> None:
        locks = {resource.id: threading.Lock() for resource in self.resources}
        clients = [
            threading.Thread(target=self._client, args=(random.Random(f"{self.seed} {number}"), locks))
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        chance = random.Random(self.seed)
        while any(client.is_alive() for client in clients):
            time.sleep(chance.uniform(*PAUSES))
            name, fault = chance.choice(FAULTS)
            fault(self, chance)
            self.faults[name] += 1
            # an order may also end a worker during a recovery; restart it like a service manager
            insist(self.site.revive)
        for client in clients:
            client.join()

    def _client(self, chance: random.Random, locks: dict[str, threading.Lock]) -> None:
        for number in range(UPLOADS // CLIENTS):
            resource = chance.choice(self.resources)
            # one client per resource at a time, so that it is known which file is the newest
            with locks[resource.id]:
                version = resource.files[-1].version + 1
                insist(lambda: _publish(resource, File(version=version, rows=60)))  # noqa: B023
                if number % EDIT_EVERY == 0:
                    insist(lambda: resource.edit_dictionary(f"edit {number} beside version {version}"))  # noqa: B023

    def _settle(self) -> None:
        """Wait until all runs have ended and nothing is left of them; submit failed resources again."""
        for resource in self.resources:
            self.site.orders(resource.id).release()
        back = time.monotonic()
        ids = [resource.id for resource in self.resources]
        until(
            lambda: not any(verdict.open_ends(self.site, ids).values()), 300, lambda: verdict.open_ends(self.site, ids)
        )
        self.settled_in = time.monotonic() - back
        for resource in self.resources:
            if self._failed(resource):
                resource.submit()
                self.loaded_again += 1
        until(
            lambda: not any(verdict.open_ends(self.site, ids).values()), 120, lambda: verdict.open_ends(self.site, ids)
        )

    def _failed(self, resource: Resource) -> bool:
        ((state,),) = self.site.query(
            MAIN.ckan_db,
            "SELECT state FROM datapusher_plus_run WHERE resource_id = %s ORDER BY finished_at DESC LIMIT 1",
            resource.id,
        )
        return state in ("error", "cancelled")

    def __str__(self) -> str:
        faults = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        return (
            f"soak: seed {self.seed}, {UPLOADS} uploads onto {RESOURCES} resources by {CLIENTS} clients in "
            f"{self.took:.0f} s, {self.faults.total()} faults ({faults}); {len(self.findings)} findings, "
            f"settled in {self.settled_in:.1f} s, {self.loaded_again} loaded again by hand"
        )


def insist(act: Callable[[], object]) -> None:
    """Call ``act`` and retry it for up to 120 seconds, like a client whose request failed."""
    deadline = time.monotonic() + 120
    while True:
        try:
            act()
        except (ActionFailed, AssertionError, requests.RequestException):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
        else:
            return


def _publish(resource: Resource, file: File) -> None:
    resource.publish(file)
    resource.files[:] = [resource.files[0], *resource.files[-2:]]


def _judge(resource: Resource) -> list[str]:
    seen = resource.look()
    if seen is None:
        return ["the table is gone"]
    rows = verdict.rows_of(resource, seen)
    return [
        *([] if rows == "new" else [f"rows: {rows}, not those of version {resource.files[-1].version}"]),
        *verdict.lost_words(resource, seen),
        *verdict.lost_things(resource, seen),
        *verdict.wrong_in_portal(resource, seen, rows),
    ]


def _order(kind: str) -> Callable[[Soak, random.Random], None]:
    def give(soak: Soak, chance: random.Random) -> None:
        for resource in chance.sample(soak.resources, 3):
            soak.site.orders(resource.id).give({chance.choice(RELOAD): f"{kind}*1"})

    return give


def _terminate(soak: Soak, chance: random.Random) -> None:
    soak.site.query(
        "postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, 'datapusher_plus')"
        " AND random() < %s",
        chance.random(),
    )


def _kill_worker(soak: Soak, chance: random.Random) -> None:
    chance.choice(soak.site.workers).kill()


def _crash_postgres(soak: Soak, chance: random.Random) -> None:
    del chance
    soak.site.postgres.crash()
    soak.site.postgres.launch()
    soak.site.postgres.wait()


def _restart(name: str) -> Callable[[Soak, random.Random], None]:
    def restart(soak: Soak, chance: random.Random) -> None:
        del chance
        server = getattr(soak.site, name)
        server.stop()
        server.launch()
        server.wait()

    return restart


#: The faults to choose from; those that affect single runs are the most frequent.
FAULTS: list[tuple[str, Callable[[Soak, random.Random], None]]] = [
    *[(kind, _order(kind)) for kind in ("raise", "sigterm", "sigkill", "sigkill") for _ in range(3)],
    *[("terminate", _terminate)] * 4,
    *[("kill worker", _kill_worker)] * 2,
    ("crash postgres", _crash_postgres),
    ("restart redis", _restart("redis")),
    ("restart solr", _restart("solr")),
    ("restart prefect", _restart("prefect")),
    ("restart ckan", _restart("ckan")),
]
