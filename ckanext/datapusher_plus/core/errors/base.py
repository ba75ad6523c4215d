"""The base classes of the errors and skips that end a run."""

from __future__ import annotations

from typing import Any, ClassVar

from ..message import Message, join, say

AGAIN = say("Load again from the DataStore tab.")
#: The public message of a failed run, and a hint for people who may edit the resource.
FAILED = say("The file could not be loaded.")
MORE = say("Whoever may edit the resource finds the reason on its DataStore tab.")


class _Said(Exception):
    """An exception with a message for people; ``str(error)`` is its English text."""

    args: tuple[Any, ...]

    @property
    def message(self) -> str:
        """Return the message for the publisher, a `Message` if it can be translated."""
        return self.args[0] if self.args else ""


class IngestError(_Said):
    """A run cannot continue; ``message`` is for the publisher."""

    #: whether the message contains only fixed text and numbers, so that anybody may read it
    is_public: ClassVar[bool] = False
    #: what anybody may read instead: kind, counts and positions, but nothing from the file, its address or a server
    gist: Message = FAILED

    @property
    def public(self) -> str:
        """Return what anybody may read about this error, even if the resource is private."""
        return self.message if self.is_public else join((self.gist, MORE))


class Terminal(IngestError):
    """Trying again with the same input gives the same result."""


class Transient(IngestError):
    """The same request may succeed later."""

    def __init__(self, what: str, advice: str = AGAIN) -> None:
        super().__init__(join((what, advice)))
        #: what went wrong, as a sentence
        self.what = what
        #: what a person may do, as a sentence; it is not shown when the run is retried automatically
        self.advice = advice


class Skipped(_Said):
    """There is nothing to load, and that is not an error; ``message`` says why."""

    #: whether people probably expected something to be loaded
    warns: ClassVar[bool] = False
