"""One run at a time: a session advisory lock on the resource. PostgreSQL releases it however its holder ends."""

from __future__ import annotations

import hashlib
from types import TracebackType

import psycopg
from psycopg import errors

from ..core.errors import LockLost
from .connect import connect, open_connection, translated

_HELD = """
    SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32 | objid::bigint) = %s
"""


def key_of(resource_id: str) -> int:
    """Return the 64-bit key of a resource's lock."""
    digest = hashlib.sha256(f"datapusher_plus {resource_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


class ResourceLock:
    """The lock of one resource, on a connection of its own that is open from entry to exit."""

    def __init__(self, resource_id: str) -> None:
        self.resource_id = resource_id
        self._key = key_of(resource_id)
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> ResourceLock:
        with translated():
            self._connection = open_connection("datapusher_plus lock", autocommit=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def acquire(self, wait: float = 0) -> bool:
        """Take the lock, waiting up to ``wait`` seconds for its holder, and return whether it was taken."""
        with translated():
            return self._wait(wait) if wait > 0 else self._try()

    def _try(self) -> bool:
        row = self._open().execute("SELECT pg_try_advisory_lock(%s)", [self._key]).fetchone()
        return bool(row and row[0])

    def _wait(self, seconds: float) -> bool:
        connection = self._open()
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [f"{max(1, int(seconds * 1000))}ms"])
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", [self._key])
        except errors.LockNotAvailable:
            return False
        return True

    def check(self) -> None:
        """Check that the lock is still held: a restart of the database releases it without notice.

        :raises LockLost: when it is not held.
        """
        try:
            held = self._open().execute(_HELD + " AND pid = pg_backend_pid()", [self._key]).fetchone()
        except psycopg.OperationalError as error:
            raise LockLost(self.resource_id) from error
        if held is None:
            raise LockLost(self.resource_id)

    def _open(self) -> psycopg.Connection:
        if self._connection is None:
            raise LockLost(self.resource_id)
        return self._connection


def is_free(resource_id: str) -> bool:
    """Return whether nobody holds the resource's lock, without taking it."""
    with connect("datapusher_plus lock") as connection:
        return connection.execute(_HELD, [key_of(resource_id)]).fetchone() is None
