"""Keep working while a server is away: log once when it goes away and once when it is back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
from sqlalchemy.exc import DBAPIError

from ..core.errors import Transient

log = logging.getLogger(__name__)

#: The exceptions by which the absence of PostgreSQL or Prefect shows.
AWAY = (httpx.HTTPError, DBAPIError, psycopg.Error, Transient, OSError)


class Outage:
    """Remembers how one loop last failed."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._failure = ""

    @contextmanager
    def tolerated(self) -> Iterator[None]:
        """Log an exception of the block and continue: if a loop ended silently, requests would stay queued for ever."""
        try:
            yield
        except AWAY as error:
            if self._is_new(error):
                log.warning("%s waits for a server that does not answer: %s", self._doing, error)
        except Exception as error:
            if self._is_new(error):
                log.exception("%s failed and will be tried again", self._doing)
        else:
            if self._failure:
                log.warning("%s continues", self._doing)
            self._failure = ""

    def _is_new(self, error: Exception) -> bool:
        # the text of the error changes during one outage, its type does not
        before, self._failure = self._failure, type(error).__name__
        return before != self._failure
