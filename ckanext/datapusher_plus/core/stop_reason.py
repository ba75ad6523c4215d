"""Why this process was told to stop, as far as it was told."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """What a worker tells a run that it stops."""

    #: somebody cancelled the run in Prefect
    CANCEL = "cancel"
    #: somebody suspended the run in Prefect
    SUSPEND = "suspend"
    #: the worker is shutting down and its grace is over
    DRAIN = "drain"
    #: the worker that watched over the run is gone
    ORPHANED = "orphaned"


_reason: Reason | None = None


def note(reason: Reason) -> None:
    """Remember why the signal that follows is sent; the first reason stays."""
    global _reason  # noqa: PLW0603 (one run to a process)
    _reason = _reason or reason


def reason() -> Reason | None:
    """Return why this process was told to stop, None when nobody said."""
    return _reason
