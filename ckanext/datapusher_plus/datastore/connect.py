"""Connections to the datastore's database as its write role; the driver's errors become the project's own errors."""

from __future__ import annotations

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
from ..core.message import say
from . import idle

__all__ = ["Connection", "close", "connect", "open_connection", "parameters", "stop_statement", "translated"]

#: A peer that disappears without closing the connection is noticed within about a minute.
_KEEPALIVE = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}

#: A statement of a load may take hours; code that needs a limit sets it for one transaction. CKAN's tables are in
#: public; the temporary schema comes last, so that nothing in it can hide one of them. Set after connecting, because a
#: connection pooler may refuse start-up options.
_SESSION = """
    SELECT set_config('search_path', 'public, pg_temp', false), set_config('statement_timeout', '0', false),
           set_config('idle_in_transaction_session_timeout', '0', false), set_config('lock_timeout', '60s', false)
"""


def parameters(url: str) -> dict[str, Any]:
    """Return psycopg's connection parameters for an SQLAlchemy database URL."""
    parsed = make_url(url)
    named = parsed.translate_connect_args(username="user", database="dbname")
    query = {key: value if isinstance(value, str) else ",".join(value) for key, value in parsed.query.items()}
    return {**named, **query}


@contextmanager
def connect(application_name: str = "datapusher_plus", *, autocommit: bool = False) -> Iterator[Connection]:
    """Open a connection for one block: commit at its end, roll back on an exception, and close it in any case.

    Within ``idle.reused`` a connection that no block uses any more is taken, and kept at the end.

    :raises DatastoreGone, DatastoreBusy, DatastoreRefused: in place of the driver's errors in the block.
    """
    with translated():
        connection = idle.take(application_name, _SESSION) or open_connection(application_name, autocommit=True)
        connection.autocommit = autocommit
        sound = False
        try:
            yield connection
            connection.commit()
            sound = True
        finally:
            if not (sound and idle.keep(connection)):
                close(connection)


def open_connection(
    application_name: str, *, autocommit: bool, role: str = "write", patience: int = _KEEPALIVE["connect_timeout"]
) -> Connection:
    """Open a connection of the ``write`` or ``read`` role within ``patience`` seconds; the caller closes it."""
    url = tk.config[f"ckan.datastore.{role}_url"]
    given = {**_KEEPALIVE, "connect_timeout": patience, **parameters(url), "application_name": application_name}
    connection = psycopg.connect(**given, autocommit=True)
    connection.execute(_SESSION)
    connection.autocommit = autocommit
    return connection


def close(connection: Connection) -> None:
    """Cancel the running statement, roll back the open transaction, and close the connection."""
    stop_statement(connection)
    if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        with suppress(psycopg.Error):
            connection.rollback()
    connection.close()


def stop_statement(connection: Connection) -> None:
    """Cancel the statement that the connection's server process is running, if any."""
    # an exception from a signal handler can interrupt a statement here that still runs on the server
    if not connection.closed and connection.info.transaction_status == TransactionStatus.ACTIVE:
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=waits.CANCEL_TAKEN)


@contextmanager
def translated() -> Iterator[None]:
    """Raise the project's own errors in place of the driver's."""
    try:
        yield
    except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
        raise DatastoreBusy from error
    except errors.ProgramLimitExceeded as error:
        raise RowTooLarge(_reason(error)) from error
    except psycopg.OperationalError as error:
        raise DatastoreGone(_reason(error)) from error
    except psycopg.Error as error:
        raise DatastoreRefused(_reason(error)) from error


def _reason(error: psycopg.Error) -> str:
    # A failure to connect has no SQLSTATE; its text names hosts and users, which publishers must not see.
    return error.diag.message_primary or say("no connection")
