"""Which failures are transient: the errors of each library when a server is away."""

from __future__ import annotations

import errno

import httpx
import psycopg
import redis.exceptions
import requests
from ckan.lib.search import SearchError, SearchIndexError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from ..core.errors import DatastoreGone, Transient
from ..core.outcome import TookTooLong

#: CKAN's database, the datastore's, the search index, Redis, and Prefect's server.
PASSING = (
    Transient,
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    SearchError,
    SearchIndexError,
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    requests.ConnectionError,
    requests.Timeout,
    httpx.HTTPError,
    ConnectionError,
)
#: A connection or a network disk that is gone, where there is no class of its own.
_LOST = {
    errno.ETIMEDOUT,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ESTALE,
    errno.EIO,
}


def is_away(error: BaseException) -> bool:
    """Return whether a database is away, so that the next thing to do would fail as well."""
    return isinstance(error, (DatastoreGone, OperationalError))


def may_pass(error: BaseException | None) -> bool:
    """Return whether the same may succeed later."""
    if isinstance(error, TookTooLong):
        return False
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    lost = isinstance(error, TimeoutError) or (isinstance(error, OSError) and error.errno in _LOST)
    return lost or isinstance(error, PASSING)
