"""The self-test as a whole: the legs of the health room, and those that ask Prefect."""

from __future__ import annotations

import os
from collections.abc import Collection

import ckan
from ckan.common import config

from ..health import clock, datastore, local, qsv, queue
from ..health.finding import Finding, Verdict, fail, ok
from ..health.legs import Leg, examine
from ..health.words import reason
from ..settings import PREFIX, read, use
from . import prefect_legs, site, tables_leg

#: Seconds that CKAN may take to load.
LOADING = 10.0


def start(ini: str) -> Verdict:
    """Load CKAN as far as it goes: it does not start without its databases, and that is when people ask."""
    os.environ["CKAN_INI"] = ini
    # CKAN waits for a database that does not answer as long as the system lets it
    os.environ.setdefault("PGCONNECT_TIMEOUT", "3")
    (found,) = examine([Leg(name="ckan", ask=_loads)], limit=LOADING)
    if _is_configured():
        # the plugin's own turn may not have come
        use(read(config))
    return Verdict(state=found.state, sentence=found.sentence, advice=found.advice)


def checkup(only: Collection[str] = (), *, started: Verdict | None = None) -> list[Finding]:
    """Ask all legs, or those named and what they need, and return a finding for each that was wanted.

    :param started: how CKAN's start went, when there is doubt.
    """
    wanted = set(only) or set(NAMES)
    legs = [Leg(name="ckan", ask=lambda: started or _runs()), *(_LEGS if _is_configured() else ())]
    needed = wanted | {need for leg in legs if leg.name in wanted for need in leg.needs}
    return [found for found in examine(leg for leg in legs if leg.name in needed) if found.leg in wanted]


def _loads() -> Verdict:
    try:
        site.load()
    except Exception as error:  # noqa: BLE001 (CKAN and its plugins raise whatever their databases raise)
        return fail(f"CKAN does not start: {type(error).__name__}: {reason(error)}.", "See what else fails.")
    return _runs()


def _runs() -> Verdict:
    return ok(f"CKAN {ckan.__version__} starts.")


def _is_configured() -> bool:
    return PREFIX + "load_strategy" in config


def clocks() -> Verdict:
    """See that the clocks of this machine, the databases and Prefect agree."""
    return clock.skew({**clock.DATABASES, "Prefect's server": prefect_legs.clock})


_LEGS = (
    *(leg for leg in local.BEFORE_WORK if leg.name != "clock"),
    Leg(name="leftovers", ask=datastore.leftovers, needs=("ckan_database", "migrations", "datastore")),
    Leg(name="tables", ask=tables_leg.tables, needs=("ckan_database", "migrations", "datastore")),
    Leg(name="prefect", ask=prefect_legs.reachable),
    Leg(name="work_pool", ask=prefect_legs.work_pool, needs=("prefect",)),
    Leg(name="deployment", ask=prefect_legs.deployment, needs=("prefect",)),
    Leg(name="workers", ask=prefect_legs.alive, needs=("prefect",)),
    Leg(name="stash_shared", ask=prefect_legs.stash_shared, needs=("prefect",)),
    Leg(name="requests", ask=queue.requests, needs=("ckan_database", "migrations")),
    Leg(name="runs", ask=queue.runs, needs=("ckan_database", "migrations")),
    Leg(name="clock", ask=clocks),
    Leg(name="qsv", ask=qsv.version),
)

#: The names of all legs, in the order in which they are told.
NAMES = ("ckan", *(leg.name for leg in _LEGS))
