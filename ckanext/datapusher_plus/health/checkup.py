"""The whole self-test: all checks, including those that call Prefect."""

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
from . import clock, datastore, engine, pictures, queue, resource_tables
from .checks import BEFORE_WORK, Check, examine
from .finding import Finding, Verdict, fail, ok, warn
from .wording import reason


def start(ini: str) -> Verdict:
    """Load CKAN, and return a verdict on its start.

    CKAN does not start without its databases, which is when people run the self-test. So an error becomes a verdict,
    and the plugin's settings are read if CKAN got as far as its configuration.
    """
    os.environ["CKAN_INI"] = ini
    # CKAN sets no connection timeout, so a database that does not answer would block until the system's own
    os.environ.setdefault("PGCONNECT_TIMEOUT", "3")
    (found,) = examine([Check(name="ckan", ask=_loads)], limit=waits.CHECK_CKAN_LOADS)
    if PREFIX + "load_strategy" in config:
        # CKAN may have failed before it configured the plugin; its error message names wrong values
        with suppress(ValueError):
            use(read(config))
    return Verdict(state=found.state, sentence=found.sentence, advice=found.advice)


def checkup(only: Collection[str] = (), *, started: Verdict | None = None) -> list[Finding]:
    """Run all checks, or those in ``only`` and the checks that they need.

    :param only: names of checks; empty for all.
    :param started: the verdict of ``start``; without it CKAN is taken as started.
    :returns: a finding for each check in ``only``, or for all.
    """
    configured = is_set() and "ckan.datastore.write_url" in config
    # without a configuration no other check can run; the check `ckan` says why
    wanted = set(only or NAMES) if configured else {"ckan"}
    checks = [Check(name="ckan", ask=lambda: started or _runs()), *(_checks() if configured else ())]
    needed = wanted | {need for check in checks if check.name in wanted for need in check.needs}
    return [found for found in examine(check for check in checks if check.name in needed) if found.check in wanted]


def _loads() -> Verdict:
    try:
        app.load()
    except CkanConfigurationException as error:
        return fail(f"CKAN does not start: {reason(error)}.", "Correct this in ckan.ini.")
    except Exception as error:  # noqa: BLE001 (CKAN and its plugins let any error of their databases through)
        return fail(f"CKAN does not start: {type(error).__name__}: {reason(error)}.", "See what else fails.")
    return _runs()


def _runs() -> Verdict:
    return ok(f"CKAN {ckan.__version__} starts.")


def _checks() -> tuple[Check, ...]:
    """Return all checks except ``ckan``, in the order of their display."""
    before = tuple(check for check in BEFORE_WORK if check.name != "clock")
    after = (
        Check(name="requests", ask=queue.requests, needs=("ckan_database", "migrations")),
        Check(name="runs", ask=queue.runs, needs=("ckan_database", "migrations")),
    )
    leftovers = Check(name="leftovers", ask=datastore.leftovers, needs=("ckan_database", "migrations", "datastore"))
    tables = Check(name="tables", ask=resource_tables.tables, needs=("ckan_database", "migrations", "datastore"))
    try:
        from . import prefect
    except ModuleNotFoundError as error:
        asked, clocks = _not_installed(error.name or "prefect"), clock.DATABASES
    else:
        asked, clocks = prefect.CHECKS, {**clock.DATABASES, "Prefect's server": prefect.clock}
    thumbnails = Check(name="thumbnails", ask=pictures.pictures, needs=("ckan",))
    skew = Check(name="clock", ask=partial(clock.skew, clocks))
    return (*before, leftovers, tables, *asked, *after, skew, Check(name="qsv", ask=engine.qsv), thumbnails)


def _not_installed(package: str) -> tuple[Check, ...]:
    """Return stand-ins for the checks that call Prefect, for a machine without Prefect (only web processes)."""
    sentence = f"Not known: the Python package {package} is not installed here."
    advice = (
        "Ask where workers run. To run one here: pip install -c constraints.txt '.[worker]' in a clone of the plugin"
    )
    found = {name: warn(sentence, advice if name == "prefect" else "") for name in PREFECT}
    return tuple(Check(name=name, ask=partial(_verdict, found[name])) for name in PREFECT)


def _verdict(found: Verdict) -> Verdict:
    return found


#: Names of the checks that call Prefect.
PREFECT = (
    *("prefect_home", "prefect", "prefect_servers", "prefect_login"),
    *("work_pool", "deployment", "workers", "stash_shared"),
)
#: Names of all checks, in the order of their display.
NAMES = ("ckan", *(check.name for check in _checks()))
