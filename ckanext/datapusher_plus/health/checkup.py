"""The self-test as a whole: the legs of the health room, and those that ask Prefect."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from functools import partial

import ckan
from ckan.common import config
from ckan.exceptions import CkanConfigurationException

from .. import waits
from ..portal import app
from ..settings import PREFIX, is_set, read, use
from . import clock, datastore, local, qsv, queue, resource_tables
from .finding import Finding, Verdict, fail, ok, warn
from .legs import Leg, examine
from .wording import reason


def start(ini: str) -> Verdict:
    """Load CKAN as far as it goes: it does not start without its databases, and that is when people ask."""
    os.environ["CKAN_INI"] = ini
    # CKAN waits for a database that does not answer as long as the system lets it
    os.environ.setdefault("PGCONNECT_TIMEOUT", "3")
    (found,) = examine([Leg(name="ckan", ask=_loads)], limit=waits.CHECK_CKAN_LOADS)
    if PREFIX + "load_strategy" in config:
        # CKAN may have failed before it configured the plugin; wrong values are in what it said
        with suppress(ValueError):
            use(read(config))
    return Verdict(state=found.state, sentence=found.sentence, advice=found.advice)


def checkup(only: Collection[str] = (), *, started: Verdict | None = None) -> list[Finding]:
    """Ask all legs, or those named and what they need, and return a finding for each that was wanted.

    :param started: how CKAN's start went, when there is doubt.
    """
    configured = is_set() and "ckan.datastore.write_url" in config
    # without a configuration there is nothing to ask, and CKAN's start says why
    wanted = set(only or NAMES) if configured else {"ckan"}
    legs = [Leg(name="ckan", ask=lambda: started or _runs()), *(_legs() if configured else ())]
    needed = wanted | {need for leg in legs if leg.name in wanted for need in leg.needs}
    return [found for found in examine(leg for leg in legs if leg.name in needed) if found.leg in wanted]


def _loads() -> Verdict:
    try:
        app.load()
    except CkanConfigurationException as error:
        return fail(f"CKAN does not start: {reason(error)}.", "Correct this in ckan.ini.")
    except Exception as error:  # noqa: BLE001 (CKAN and its plugins raise whatever their databases raise)
        return fail(f"CKAN does not start: {type(error).__name__}: {reason(error)}.", "See what else fails.")
    return _runs()


def _runs() -> Verdict:
    return ok(f"CKAN {ckan.__version__} starts.")


def _legs() -> tuple[Leg, ...]:
    """Return all legs but ``ckan``, in the order in which they are shown."""
    before = tuple(leg for leg in local.BEFORE_WORK if leg.name != "clock")
    after = (
        Leg(name="requests", ask=queue.requests, needs=("ckan_database", "migrations")),
        Leg(name="runs", ask=queue.runs, needs=("ckan_database", "migrations")),
    )
    leftovers = Leg(name="leftovers", ask=datastore.leftovers, needs=("ckan_database", "migrations", "datastore"))
    tables = Leg(name="tables", ask=resource_tables.tables, needs=("ckan_database", "migrations", "datastore"))
    try:
        from . import prefect
    except ModuleNotFoundError as error:
        asked, clocks = _not_installed(error.name or "prefect"), clock.DATABASES
    else:
        asked, clocks = prefect.LEGS, {**clock.DATABASES, "Prefect's server": prefect.clock}
    skew = Leg(name="clock", ask=partial(clock.skew, clocks))
    return (*before, leftovers, tables, *asked, *after, skew, Leg(name="qsv", ask=qsv.version))


def _not_installed(package: str) -> tuple[Leg, ...]:
    """Return the legs that ask Prefect as they are on a machine that has only web processes."""
    sentence = f"Not known: the Python package {package} is not installed here."
    advice = (
        "Ask where workers run. To run one here: pip install -c constraints.txt '.[worker]' in a clone of the plugin"
    )
    found = {name: warn(sentence, advice if name == "prefect" else "") for name in PREFECT}
    return tuple(Leg(name=name, ask=partial(_verdict, found[name])) for name in PREFECT)


def _verdict(found: Verdict) -> Verdict:
    return found


#: The legs that ask Prefect.
PREFECT = (
    *("prefect_home", "prefect", "prefect_servers", "prefect_login"),
    *("work_pool", "deployment", "workers", "stash_shared"),
)
#: The names of all legs, in the order in which they are shown.
NAMES = ("ckan", *(leg.name for leg in _legs()))
