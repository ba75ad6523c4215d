"""Working on through the absence of a server: said once when it goes, once when it is back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
from sqlalchemy.exc import DBAPIError

from ..core.errors import Transient

log = logging.getLogger(__name__)

#: How the absence of PostgreSQL or Prefect shows.
AWAY = (httpx.HTTPError, DBAPIError, psycopg.Error, Transient, OSError)


class Outage:
    """Remembers what one loop last failed of."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._failure = ""

    @contextmanager
    def tolerated(self) -> Iterator[None]:
        """Let the block fail; a loop that died silently would leave requests lying for ever."""
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
                log.warning("%s goes on", self._doing)
            self._failure = ""

    def _is_new(self, error: Exception) -> bool:
        # the text of one outage changes with time, its kind does not
        before, self._failure = self._failure, type(error).__name__
        return before != self._failure
