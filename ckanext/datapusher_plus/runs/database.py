"""Short transactions of our own on CKAN's database, apart from any session."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import TypeVar

import sqlalchemy as sa
from ckan import model as ckan_model
from sqlalchemy.exc import OperationalError, ProgrammingError

from ..waits import retry_until

T = TypeVar("T")

#: What is said of a database in which ``lacks_tables`` finds an error.
NOT_MIGRATED = (
    "The tables of the plugin datapusher_plus in CKAN's database are missing, or older than this version of it. "
    "Run: ckan db upgrade -p datapusher_plus"
)
#: PostgreSQL's codes for a table and for a column that is not there.
_UNDEFINED = ("42P01", "42703")


def transaction() -> AbstractContextManager[sa.Connection]:
    """Begin a transaction that commits when the block ends well."""
    return ckan_model.ensure_engine().begin()


def now() -> datetime:
    """Return the present moment, with its zone."""
    return datetime.now(timezone.utc)


def clock() -> sa.Function[datetime]:
    """Return what PostgreSQL puts the present moment in place of.

    Its clock orders the runs of a resource: those of many machines differ, and one that is set back would make a run
    that has just ended older than the one before it.
    """
    return sa.func.clock_timestamp(type_=sa.DateTime(timezone=True))


def lacks_tables(error: ProgrammingError) -> bool:
    """Return whether a statement failed because the plugin's migrations are not applied."""
    return getattr(error.orig, "pgcode", None) in _UNDEFINED and "datapusher_plus_" in str(error.orig)


def patiently(work: Callable[[], T], patience: float) -> T:
    """Do something that may be done twice, again and again while the database is away, for ``patience`` seconds.

    :raises sqlalchemy.exc.OperationalError: when it is still away then.
    """
    return retry_until(work, patience, errors=(OperationalError,))
