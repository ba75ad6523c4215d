"""The kinds of ends."""

from __future__ import annotations

from typing import ClassVar

AGAIN = "Load again from the DataStore tab."


class IngestError(Exception):
    """A run cannot go on; ``str(error)`` is the sentence for the publisher.

    It may quote values, headings and addresses of a private resource. What everybody may read is the first line of the
    class's docstring and ``place``.
    """

    #: where in the file, without a value: `line 3`
    place: str = ""


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
