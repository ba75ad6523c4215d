"""Trying again to lock a table that readers hold, without ever keeping new readers waiting for long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from psycopg import errors

from .. import settings
from ..core.errors import DatastoreBusy
from .swap import TableChanged

T = TypeVar("T")

#: Seconds that the first try waits. While it waits, new readers wait behind it; and CKAN's search, when it has to count
#: a table, holds it on one connection and asks for it on another, which ends only when we give up.
_FIRST = 0.1


def patiently(attempt: Callable[[float], T]) -> T:
    """Call ``attempt`` with the seconds it may wait for a lock, longer each time, until it succeeds.

    :raises DatastoreBusy: when ``swap_patience`` is used up.
    """
    limits = settings.current()
    started, wait = time.monotonic(), _FIRST
    while True:
        try:
            return attempt(wait)
        except (errors.LockNotAvailable, errors.DeadlockDetected, TableChanged) as error:
            if time.monotonic() - started > limits.swap_patience:
                raise DatastoreBusy(limits.swap_patience) from error
        time.sleep(wait)
        wait = min(2 * wait, limits.swap_lock_timeout)
