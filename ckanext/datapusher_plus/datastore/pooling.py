"""Detect a connection pooler that lets several connections share one session of the datastore's database.

A load holds a lock as long as its session lives, and its statements are prepared in that session. Behind such a pooler
(PgBouncer in transaction or statement mode) the session is not the load's own: its locks stay in sessions that others
use. The check must not change any session setting either, because another client gets that session next.
"""

from __future__ import annotations

from contextlib import ExitStack, closing

import psycopg
from ckan.plugins import toolkit as tk

from .. import waits
from . import connect

#: Connections that each hold a session, so that a pooler that takes sessions in turn has no others left.
_OTHERS = 3

_SESSION = "SELECT pg_backend_pid()"


def lends_sessions() -> bool:
    """Return whether connections of the write role share sessions of the server.

    :raises DatastoreGone, DatastoreBusy, DatastoreRefused: when the database cannot be queried.
    """
    with connect.translated(), ExitStack() as open_:
        one = open_.enter_context(closing(_connection()))
        session = _session(one)
        # PostgreSQL sends a new connection its real process id; a pooler sends an invented one
        if one.info.backend_pid == session:
            return False
        for _ in range(_OTHERS):
            other = open_.enter_context(closing(_connection()))
            if _session(other) == session:
                return True
            # a connection in a transaction keeps its session
            other.autocommit = False
            if _session(other) == session or _session(one) != session:
                return True
    return False


def _connection() -> psycopg.Connection:
    url = tk.config["ckan.datastore.write_url"]
    given = {
        "connect_timeout": waits.CHECK_DATABASE,
        **connect.parameters(url),
        "application_name": "datapusher_plus check",
    }
    return psycopg.connect(**given, autocommit=True, prepare_threshold=None)


def _session(connection: psycopg.Connection) -> int:
    row = connection.execute(_SESSION).fetchone()
    return row[0] if row else 0
