"""Whether and when a failed load is retried automatically, and the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .message import join, say

#: Seconds before the second try, and before each later one, if the cause needs time to pass.
PAUSES = (5.0, 30.0)


class Again(str, Enum):
    """When trying again may help."""

    #: the file, the request or the site must change first
    NEVER = "never"
    #: the run died, which says little about whether the next one will
    AT_ONCE = "at once"
    #: a server was unavailable
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The run to queue in place of one that failed."""

    #: which try of the request it is, from 2
    tries: int
    #: seconds until it may begin
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How many of its tries a request has used."""

    #: which try this is, from 1
    this: int
    #: how many tries may follow the first
    retries: int

    @property
    def most(self) -> int:
        """Return how many tries there are in all."""
        return max(self.this, self.retries + 1)

    def next(self, again: Again) -> Retry | None:
        """Return the retry of a run that failed, None when it is not retried."""
        if again is Again.NEVER or self.this > self.retries:
            return None
        wait = 0.0 if again is Again.AT_ONCE else PAUSES[min(self.this, len(PAUSES)) - 1]
        return Retry(tries=self.this + 1, wait=wait)

    def then(self, again: Again, advice: str) -> str:
        """Return the sentence that says what comes next: the retry, else ``advice`` to a person."""
        if retry := self.next(again):
            return say("It is tried again automatically (try {next} of {most}).", next=retry.tries, most=self.most)
        last = again is not Again.NEVER and self.this > 1
        return join((say("This was the last of {tries} tries.", tries=self.this), advice)) if last else advice
