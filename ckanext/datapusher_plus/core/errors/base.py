"""The kinds of ends."""

from __future__ import annotations

from typing import ClassVar

AGAIN = "Load again from the DataStore tab."
#: What anybody may read of a run that failed, and where those who may edit the resource read more.
FAILED = "The file could not be loaded."
MORE = "Whoever may edit the resource finds the reason on its DataStore tab."


class IngestError(Exception):
    """A run cannot go on; ``str(error)`` is the sentence for the publisher."""

    #: whether the sentence has nothing but our own words and numbers, so that anybody may read it
    is_public: ClassVar[bool] = False
    #: what anybody may read instead: kind, counts and places, and nothing out of the file, its address or a server
    gist: str = FAILED

    @property
    def public(self) -> str:
        """Return what anybody may read of this error, of private resources too."""
        return str(self) if self.is_public else f"{self.gist} {MORE}"


class Terminal(IngestError):
    """Trying again with the same input gives the same result."""


class Transient(IngestError):
    """The same request may succeed later."""

    def __init__(self, what: str, advice: str = AGAIN) -> None:
        super().__init__(f"{what} {advice}")
        #: what went wrong, as a sentence
        self.what = what
        #: what a person may do, as a sentence that is left out where the run is tried again by itself
        self.advice = advice


class Skipped(Exception):
    """There is nothing to load, and that is all right; ``str()`` says why."""

    #: whether somebody probably expected something to be loaded
    warns: ClassVar[bool] = False
