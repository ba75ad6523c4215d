"""The base classes of the errors and skips that end a run."""

from __future__ import annotations

from typing import ClassVar

AGAIN = "Load again from the DataStore tab."
#: The public message of a failed run, and a hint for people who may edit the resource.
FAILED = "The file could not be loaded."
MORE = "Whoever may edit the resource finds the reason on its DataStore tab."


class IngestError(Exception):
    """A run cannot continue; ``str(error)`` is the message for the publisher."""

    #: whether the message contains only fixed text and numbers, so that anybody may read it
    is_public: ClassVar[bool] = False
    #: what anybody may read instead: kind, counts and positions, but nothing from the file, its address or a server
    gist: str = FAILED

    @property
    def public(self) -> str:
        """Return what anybody may read about this error, even if the resource is private."""
        return str(self) if self.is_public else f"{self.gist} {MORE}"


class Terminal(IngestError):
    """Trying again with the same input gives the same result."""


class Transient(IngestError):
    """The same request may succeed later."""

    def __init__(self, what: str, advice: str = AGAIN) -> None:
        super().__init__(f"{what} {advice}")
        #: what went wrong, as a sentence
        self.what = what
        #: what a person may do, as a sentence; it is not shown when the run is retried automatically
        self.advice = advice


class Skipped(Exception):
    """There is nothing to load, and that is not an error; ``str()`` says why."""

    #: whether people probably expected something to be loaded
    warns: ClassVar[bool] = False
