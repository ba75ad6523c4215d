"""The kinds of ends."""

from __future__ import annotations


class IngestError(Exception):
    """A run cannot go on; ``str(error)`` is the sentence for the publisher."""


class Terminal(IngestError):
    """Trying again with the same input gives the same result."""


class Transient(IngestError):
    """The same request may succeed later."""


class Skipped(Exception):
    """There is nothing to load, and that is all right; ``str()`` says why."""
