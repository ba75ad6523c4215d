"""Use one connection to the datastore for several short blocks, one after another.

A connection costs PostgreSQL a new process that reads the catalog again, and this process a password exchange. The
steps of a small file open a dozen of them within a second.

A connection that is taken again behaves like a new one: it has answered just now, and its session settings are reset.
If it does not answer, or was idle for too long, it is closed, and the caller opens a new one.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from typing_extensions import LiteralString

from .. import waits

__all__ = ["keep", "reused", "take"]

_NAME = "SELECT set_config('application_name', %s, false)"

#: Whether this process keeps connections; a run's process does, others have no block after block.
_reusing = False
#: The connection that no block uses now, with the time since when; at most one.
_kept: list[tuple[psycopg.Connection, float]] = []


@contextmanager
def reused() -> Iterator[None]:
    """Reuse connections within this block, and close the last one at its end; within another such block at its end."""
    global _reusing  # noqa: PLW0603 (a process carries out one run after another)
    if _reusing:
        yield
        return
    _reusing = True
    try:
        yield
    finally:
        _reusing = False
        while connection := _pop(patience=None):
            connection.close()


def keep(connection: psycopg.Connection) -> bool:
    """Keep a connection for the next block, and return whether it is kept; if not, the caller closes it."""
    clean = not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE
    if not (_reusing and clean) or _kept:
        return False
    _kept.append((connection, time.monotonic()))
    return True


def take(application_name: str, session: LiteralString) -> psycopg.Connection | None:
    """Return the kept connection, in autocommit mode and with its session as a new one's; None if there is none.

    :param session: the statement that sets the session of each connection.
    """
    connection = _pop(patience=waits.IDLE_CONNECTION)
    if connection is None:
        return None
    renewed = False
    try:
        # an error here: the server has restarted, or somebody has ended this session
        with suppress(psycopg.Error):
            renewed = _renew(connection, application_name, session)
    finally:
        if not renewed:
            connection.close()
    return connection if renewed else None


def _renew(connection: psycopg.Connection, application_name: str, session: LiteralString) -> bool:
    connection.autocommit = True
    # RESET ALL leaves nothing that a step has set; the rest of a session (temporary tables, locks) no step leaves
    if not _answers(connection, b"RESET ALL"):
        return False
    connection.execute(session)
    connection.execute(_NAME, [application_name])
    return True


def _pop(*, patience: float | None) -> psycopg.Connection | None:
    with suppress(IndexError):
        connection, since = _kept.pop()
        if patience is None or time.monotonic() - since <= patience:
            return connection
        connection.close()
    return None


def _answers(connection: psycopg.Connection, statement: bytes) -> bool:
    """Return whether the server carries out the statement as soon as it would have to accept a new connection."""
    line, deadline = connection.pgconn, time.monotonic() + waits.IDLE_CONNECTION
    line.send_query(statement)
    line.flush()
    while line.is_busy():
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([line.socket], [], [], left)[0]:
            return False
        line.consume_input()
    done = True
    while result := line.get_result():
        done = done and result.status == ExecStatus.COMMAND_OK
    return done and line.status == ConnStatus.OK
