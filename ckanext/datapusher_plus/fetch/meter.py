"""The limits of one download: every wait for a server and every byte from it is counted here."""

from __future__ import annotations

import time

from ..core.errors import FileTooLarge
from ..core.message import say

#: Bytes allowed in addition to twice the limit, for framing. They stop a server that sends nothing but framing.
_FRAMING = 1 << 20


class Passing(Exception):
    """One try failed for a reason that may be temporary; the text completes "could not be fetched: …"."""


class Unusable(Exception):
    """An immediate retry would fail in the same way; the text completes "could not be fetched: …"."""


class Exhausted(Exception):
    """The download reached one of its limits; the text completes "was given up because …"."""


class Meter:
    """Counts the time of one download, over all its tries and redirects, and the bytes of each connection."""

    def __init__(self, *, connect: float, silence: float, total: float, least_rate: float, limit: int) -> None:
        self._connect, self._silence, self._total = connect, silence, total
        self._least_rate, self._most = least_rate, 2 * limit + _FRAMING
        self._end = time.monotonic() + total
        self._until: float | None = None
        self._late = Passing("")
        self._asked_at = self._waited = 0.0
        self._bytes = self._recent = 0

    def left(self) -> float:
        """Return the seconds left of the whole download."""
        return self._end - time.monotonic()

    def connecting(self) -> None:
        """Begin a connection: resolving the name, sockets, proxy and TLS share one deadline."""
        self._bytes = 0
        self._late = Passing(say("no connection could be made within {seconds} seconds", seconds=self._connect))
        self._until = time.monotonic() + self._connect

    def waiting(self) -> None:
        """Begin to wait for the head of a response, which has one deadline as a whole."""
        self._late = Passing(say("there was no answer within {seconds} seconds", seconds=self._silence))
        self._until = time.monotonic() + self._silence

    def receiving(self) -> None:
        """Begin the body: the server may be silent, or slower than ``least_rate``, for at most ``silence`` seconds."""
        self._until = None
        self._waited, self._recent = 0.0, 0

    def seconds(self) -> float:
        """Return how many seconds the next wait may take.

        :raises Passing: when the deadline of the current step is over.
        :raises Exhausted: when the whole download has taken too long.
        """
        self._asked_at = now = time.monotonic()
        until = now + self._silence if self._until is None else self._until
        if now >= min(self._end, until):
            raise self.too_late()
        return min(self._end, until) - now

    def too_late(self) -> Passing | Exhausted:
        """Return the exception to raise when a wait has timed out."""
        if time.monotonic() < self._end:
            return self._late
        return Exhausted(say("it took longer than {seconds} seconds", seconds=self._total))

    def received(self, size: int) -> None:
        """Count bytes that have arrived.

        :raises FileTooLarge: when there are more than a file of the largest allowed size needs.
        :raises Exhausted: when they arrive too slowly.
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
        # only time spent waiting counts: this machine's disk may be slow too
        if self._recent < self._least_rate * self._waited:
            raise Exhausted(say("the server sent less than {rate} bytes a second", rate=self._least_rate))
        self._waited, self._recent = 0.0, 0
