"""Connections to the datastore's database on its write role, and the driver's errors in our own words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from ckan.plugins import toolkit as tk
from psycopg import Connection, errors
from psycopg.pq import TransactionStatus
from sqlalchemy.engine import make_url

from .. import waits
from ..core.errors import DatastoreBusy, DatastoreGone, DatastoreRefused, RowTooLarge

__all__ = ["Connection", "close", "connect", "open_connection", "parameters", "stop_statement", "translated"]

#: A peer that vanished without a word is noticed within about a minute.
_KEEPALIVE = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}

#: A statement of a load may take hours; whoever needs a limit sets it for one transaction. CKAN's tables are in public;
#: the temporary schema comes last, so nothing in it can stand in for one of them. Set after connecting, because a
#: connection pooler may refuse start-up options.
_SESSION = """
    SELECT set_config('search_path', 'public, pg_temp', false), set_config('statement_timeout', '0', false),
           set_config('idle_in_transaction_session_timeout', '0', false), set_config('lock_timeout', '60s', false)
"""


class _TimedCursor(psycopg.Cursor[Any]):
    """Notes with an error about a lock how long the statement had waited: each place sets a timeout of its own."""

    def execute(self, *args: Any, **how: Any) -> _TimedCursor:
        began = time.monotonic()
        try:
            return super().execute(*args, **how)
        except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
            vars(error)["waited"] = time.monotonic() - began
            raise


def parameters(url: str) -> dict[str, Any]:
    """Return psycopg's connection parameters for an SQLAlchemy database URL."""
    parsed = make_url(url)
    named = parsed.translate_connect_args(username="user", database="dbname")
    query = {key: value if isinstance(value, str) else ",".join(value) for key, value in parsed.query.items()}
    return {**named, **query}


@contextmanager
def connect(application_name: str = "datapusher_plus", *, autocommit: bool = False) -> Iterator[Connection]:
    """Open a connection for one block; it commits at the block's end, rolls back at an exception, and is closed.

    :raises DatastoreGone, DatastoreBusy, DatastoreRefused: for what the database says in the block.
    """
    with translated():
        connection = open_connection(application_name, autocommit=autocommit)
        try:
            yield connection
            connection.commit()
        finally:
            close(connection)


def open_connection(
    application_name: str, *, autocommit: bool, role: str = "write", patience: int = _KEEPALIVE["connect_timeout"]
) -> Connection:
    """Open a connection of the ``write`` or ``read`` role that the caller closes, in ``patience`` seconds at most."""
    url = tk.config[f"ckan.datastore.{role}_url"]
    given = {**_KEEPALIVE, "connect_timeout": patience, **parameters(url), "application_name": application_name}
    connection = psycopg.connect(**given, autocommit=True, cursor_factory=_TimedCursor)
    connection.execute(_SESSION)
    connection.autocommit = autocommit
    return connection


def close(connection: Connection) -> None:
    """End what the connection is in the middle of, and the connection."""
    stop_statement(connection)
    if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        with suppress(psycopg.Error):
            connection.rollback()
    connection.close()


def stop_statement(connection: Connection) -> None:
    """End what the connection's server process is doing, if anything."""
    # a signal handler's exception may come out of a running statement, which the server would go on with
    if not connection.closed and connection.info.transaction_status == TransactionStatus.ACTIVE:
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=waits.CANCEL_TAKEN)


@contextmanager
def translated() -> Iterator[None]:
    """Say in the project's own errors what the driver says."""
    try:
        yield
    except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
        raise DatastoreBusy(vars(error).get("waited")) from error
    except errors.ProgramLimitExceeded as error:
        raise RowTooLarge(_reason(error)) from error
    except psycopg.OperationalError as error:
        raise DatastoreGone(_reason(error)) from error
    except psycopg.Error as error:
        raise DatastoreRefused(_reason(error)) from error


def _reason(error: psycopg.Error) -> str:
    # A failure to connect has no code; its text names hosts and users, which are not for publishers.
    return error.diag.message_primary or "no connection"
