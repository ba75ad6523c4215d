"""Retry a lock on a table that readers hold, without making new readers wait for long."""

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
    """Call ``attempt`` with the seconds that it may wait for a lock, longer each time, until it succeeds.

    :raises DatastoreBusy: when it has not succeeded within ``swap_patience`` seconds.
    """
    limits = settings.current()
    # the pause after each try is as long as the try, for the readers that waited behind it
    tries, pauses = tee(waits.doubling(waits.FIRST_TABLE_LOCK, limits.swap_lock_timeout))
    try:
        return waits.retry_until(lambda: attempt(next(tries)), limits.swap_patience, errors=_BUSY, pauses=pauses)
    except _BUSY as error:
        raise DatastoreBusy(limits.swap_patience) from error
