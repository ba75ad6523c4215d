"""Short transactions of the plugin on CKAN's database, independent of any SQLAlchemy session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from ..model.database import transaction
from ..waits import retry_until

__all__ = ["NOT_MIGRATED", "clock", "lacks_tables", "now", "patiently", "transaction"]

T = TypeVar("T")

#: Message for an error that ``lacks_tables`` recognises.
NOT_MIGRATED = (
    "The tables of the plugin datapusher_plus in CKAN's database are missing, or older than this version of it. "
    "Run: ckan db upgrade -p datapusher_plus"
)
#: PostgreSQL's error codes undefined_table and undefined_column.
_UNDEFINED = ("42P01", "42703")


def now() -> datetime:
    """Return the present time of this machine, as a datetime with the zone UTC."""
    return datetime.now(timezone.utc)


def clock() -> sa.Function[datetime]:
    """Return the SQL expression ``clock_timestamp()``: the present time by PostgreSQL's clock.

    PostgreSQL's clock orders the runs of a resource, because the clocks of several machines differ. If one of them is
    set back, a run that has just ended would seem older than the run before it.
    """
    return sa.func.clock_timestamp(type_=sa.DateTime(timezone=True))


def lacks_tables(error: ProgrammingError) -> bool:
    """Return whether a statement failed because the plugin's migrations are not applied."""
    return getattr(error.orig, "pgcode", None) in _UNDEFINED and "datapusher_plus_" in str(error.orig)


def patiently(work: Callable[[], T], patience: float) -> T:
    """Call ``work``, and retry it for up to ``patience`` seconds while the database is not reachable.

    :param work: must be safe to repeat.
    :param patience: seconds.
    :raises sqlalchemy.exc.OperationalError: when the database is still not reachable after that time.
    """
    return retry_until(work, patience, errors=(OperationalError,))
