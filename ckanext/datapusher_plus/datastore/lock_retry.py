"""Trying again to lock a table that readers hold, without ever keeping new readers waiting for long."""

from __future__ import annotations

from collections.abc import Callable
from itertools import tee
from typing import TypeVar

from psycopg import errors

from .. import settings, waits
from ..core.errors import DatastoreBusy
from .swap import TableChanged

T = TypeVar("T")

_BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, TableChanged)


def patiently(attempt: Callable[[float], T]) -> T:
    """Call ``attempt`` with the seconds it may wait for a lock, longer each time, until it succeeds.

    :raises DatastoreBusy: when ``swap_patience`` is used up.
    """
    limits = settings.current()
    # readers who waited behind a try get as long a pause after it
    tries, pauses = tee(waits.doubling(waits.FIRST_TABLE_LOCK, limits.swap_lock_timeout))
    try:
        return waits.retry_until(lambda: attempt(next(tries)), limits.swap_patience, errors=_BUSY, pauses=pauses)
    except _BUSY as error:
        raise DatastoreBusy(limits.swap_patience) from error
