"""Whether a connection pooler lends one session of the datastore's database to several connections in turn.

A load holds a lock for as long as its session lives, and its statements are prepared in that session. Behind such a
pooler (PgBouncer in transaction or statement mode) neither belongs to the load: its locks stay in sessions of others.
Nothing may be set in a session here either, for somebody else gets that session next.
"""

from __future__ import annotations

from contextlib import ExitStack, closing

import psycopg
from ckan.plugins import toolkit as tk

from .. import waits
from . import connect

#: Connections that hold a session each, so that a pooler that hands out sessions in turn runs out of other ones.
_OTHERS = 3

_SESSION = "SELECT pg_backend_pid()"


def lends_sessions() -> bool:
    """Tell whether the write role's connections come to share sessions of the server.

    :raises DatastoreGone, DatastoreBusy, DatastoreRefused: when the database cannot be asked.
    """
    with connect.translated(), ExitStack() as open_:
        one = open_.enter_context(closing(_connection()))
        session = _session(one)
        # PostgreSQL itself tells a new connection the number of its process; a pooler makes one up
        if one.info.backend_pid == session:
            return False
        for _ in range(_OTHERS):
            other = open_.enter_context(closing(_connection()))
            if _session(other) == session:
                return True
            # whoever is in a transaction keeps its session
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
