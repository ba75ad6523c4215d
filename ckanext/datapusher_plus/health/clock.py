"""Check that the clocks of all machines agree."""

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

#: Differences in seconds: below the first is normal; from the second on, queued requests may be taken for lost.
UNEVEN, WRONG = 5.0, 30.0

Clock = Callable[[], datetime]


def of_ckan_database() -> datetime:
    """Return the present time by the clock of CKAN's database."""
    with ckan_database.connected() as connection:
        return connection.scalar(sa.text("SELECT clock_timestamp()"))


def of_datastore() -> datetime:
    """Return the present time by the clock of the datastore's database."""
    with selftest.connected("write") as connection:
        return selftest.ask(connection, "SELECT clock_timestamp()")


DATABASES: Mapping[str, Clock] = {"CKAN's database": of_ckan_database, "the datastore's database": of_datastore}


def skew(clocks: Mapping[str, Clock]) -> Verdict:
    """Check that the clocks of the other machines agree with this machine's."""
    # in parallel: any of the servers may hang
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
    """Return how many seconds a clock is ahead of this machine's; None when its server fails (see its own check)."""
    before = datetime.now(timezone.utc)
    try:
        there = clock()
    except (IngestError, OSError, SQLAlchemyError):
        return None
    after = datetime.now(timezone.utc)
    return (there - (before + (after - before) / 2)).total_seconds()
