"""What one download may take: every wait for a server and every byte of it passes here."""

from __future__ import annotations

import time

from ..core.errors import FileTooLarge

#: Besides twice the file: what framing may add to it. A server that sends nothing but framing ends here.
_FRAMING = 1 << 20


class Passing(Exception):
    """One try failed for a reason that may pass; the text completes "could not be fetched: …"."""


class Unusable(Exception):
    """Trying again at once would give the same; the text completes "could not be fetched: …"."""


class Exhausted(Exception):
    """The server used up what a download may take; the text completes "was given up because …"."""


class Meter:
    """Counts the time and the bytes of one download, all its tries and redirects together."""

    def __init__(self, *, connect: float, silence: float, total: float, least_rate: float, limit: int) -> None:
        self._connect, self._silence, self._total = connect, silence, total
        self._least_rate, self._most = least_rate, 2 * limit + _FRAMING
        self._end = time.monotonic() + total
        self._until: float | None = None
        self._late = Passing("")
        self._asked_at = self._waited = 0.0
        self._bytes = self._recent = 0

    def left(self) -> float:
        """Return the seconds that are left of the whole."""
        return self._end - time.monotonic()

    def connecting(self) -> None:
        """Begin a connection: name, sockets, proxy and TLS have one deadline."""
        self._bytes = 0
        self._late = Passing(f"no connection could be made within {self._connect:g} seconds")
        self._until = time.monotonic() + self._connect

    def waiting(self) -> None:
        """Begin to wait for the head of an answer, all of which has one deadline."""
        self._late = Passing(f"there was no answer within {self._silence:g} seconds")
        self._until = time.monotonic() + self._silence

    def receiving(self) -> None:
        """Begin the body: it may be silent for a while, and slow for no longer."""
        self._until = None
        self._waited, self._recent = 0.0, 0

    def seconds(self) -> float:
        """Return how long the next wait may be.

        :raises Passing: when the deadline of what is going on is over.
        :raises Exhausted: when the whole has taken too long.
        """
        self._asked_at = now = time.monotonic()
        until = now + self._silence if self._until is None else self._until
        if now >= min(self._end, until):
            raise self.too_late()
        return min(self._end, until) - now

    def too_late(self) -> Passing | Exhausted:
        """Return what to raise when a wait has come to its end."""
        if time.monotonic() < self._end:
            return self._late
        return Exhausted(f"it took longer than {self._total:,g} seconds")

    def received(self, size: int) -> None:
        """Count bytes that have come.

        :raises FileTooLarge: when there are more than any file of the largest size needs.
        :raises Exhausted: when they come too slowly.
        """
        self._bytes += size
        if self._bytes > self._most:
            raise FileTooLarge((self._most - _FRAMING) // 2)
        if self._until is None:
            self._recent += size
            self._waited += time.monotonic() - self._asked_at
            if self._waited >= self._silence:
                self._check_rate()

    def _check_rate(self) -> None:
        # only time spent on waiting counts: a slow disk of ours is not the server's fault
        if self._recent < self._least_rate * self._waited:
            raise Exhausted(f"the server sent less than {self._least_rate:,g} bytes a second")
        self._waited, self._recent = 0.0, 0
