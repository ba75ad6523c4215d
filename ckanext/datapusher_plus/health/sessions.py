"""Check that each connection to the datastore has its own session, and hold loads back while it has not."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from .. import waits
from ..core.errors import IngestError
from ..datastore import pooling
from .finding import Verdict, fail

log = logging.getLogger(__name__)


_LENT = fail(
    "A connection pooler lends one session of the datastore's database to several connections in turn (PgBouncer's"
    " transaction mode), so the locks of loads do not hold.",
    "Let ckan.datastore.write_url lead to PostgreSQL itself, or set the pooler to session mode.",
)


def lent() -> Verdict | None:
    """Return a verdict if a pooler shares sessions of the datastore's database among connections, else None.

    :raises IngestError: when the database does not answer.
    """
    return _LENT if pooling.lends_sessions() else None


class Gate:
    """Gate that is open while each connection to the datastore has its own session; safe for several threads."""

    def __init__(self, ask: Callable[[], Verdict | None] = lent) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._found: Verdict | None = None
        self._asked_again_at = 0.0

    def is_open(self) -> bool:
        """Return whether loads may begin; a database that does not answer never closes the gate: loads handle that."""
        with self._lock:
            if time.monotonic() >= self._asked_again_at:
                self._look()
            return self._found is None

    def _look(self) -> None:
        pause = waits.SESSIONS_SOUND
        try:
            found = self._ask()
        except IngestError:
            # the last result stays valid until the database answers
            found, pause = self._found, waits.SESSIONS_UNSOUND
        if found and not self._found:
            log.warning("No load begins, and requests wait. %s %s", found.sentence, found.advice)
        elif self._found and not found:
            log.warning("Sessions of the datastore's database last now; loads begin again.")
        self._found = found
        self._asked_again_at = time.monotonic() + (waits.SESSIONS_UNSOUND if found else pause)
