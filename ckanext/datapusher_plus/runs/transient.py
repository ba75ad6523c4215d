"""Which failures are transient: the errors that each library raises when a server is not reachable."""

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

#: Errors of CKAN's database, the datastore's database, the search index, Redis, and Prefect's server.
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
#: Error codes of a lost connection or network disk that have no exception class of their own.
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
    """Return whether the error says that a database is not reachable, so that the next statement would fail too."""
    return isinstance(error, (DatastoreGone, OperationalError))


def may_pass(error: BaseException | None) -> bool:
    """Return whether a retry may succeed after this error."""
    if isinstance(error, TookTooLong):
        return False
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    lost = isinstance(error, TimeoutError) or (isinstance(error, OSError) and error.errno in _LOST)
    return lost or isinstance(error, PASSING)
