"""Whether all machines agree on the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..core.errors import IngestError
from ..datastore import selftest
from . import ckan_database
from .finding import Verdict, fail, ok, warn
from .wording import listed

#: Seconds apart that are nothing to speak of, and that make requests be taken for lost.
UNEVEN, WRONG = 5.0, 30.0

Clock = Callable[[], datetime]


def of_ckan_database() -> datetime:
    """Return the time of day on the machine of CKAN's database."""
    with ckan_database.connected() as connection:
        return connection.scalar(sa.text("SELECT clock_timestamp()"))


def of_datastore() -> datetime:
    """Return the time of day on the machine of the datastore's database."""
    with selftest.connected("write") as connection:
        return selftest.ask(connection, "SELECT clock_timestamp()")


DATABASES: Mapping[str, Clock] = {"CKAN's database": of_ckan_database, "the datastore's database": of_datastore}


def skew(clocks: Mapping[str, Clock]) -> Verdict:
    """See that other machines' clocks tell the time that this one's does."""
    # all at once: each may be one of a server that hangs
    with ThreadPoolExecutor(len(clocks)) as threads:
        asked = zip(clocks, threads.map(_ahead, clocks.values()), strict=True)
        apart = {name: seconds for name, seconds in asked if seconds is not None}
    if not apart:
        return warn("No other clock could be asked.")
    name, seconds = max(apart.items(), key=lambda each: abs(each[1]))
    if abs(seconds) < UNEVEN:
        return ok(f"This machine's clock agrees with {listed(list(apart))}.")
    way = "ahead of" if seconds > 0 else "behind"
    judged = fail if abs(seconds) >= WRONG else warn
    return judged(f"The clock of {name} is {abs(seconds):.0f} s {way} this machine's.", "Keep all machines on NTP.")


def _ahead(clock: Clock) -> float | None:
    """Return how many seconds a clock is ahead, None when it cannot be asked; its own check says why."""
    before = datetime.now(timezone.utc)
    try:
        there = clock()
    except (IngestError, OSError, SQLAlchemyError):
        return None
    after = datetime.now(timezone.utc)
    return (there - (before + (after - before) / 2)).total_seconds()
