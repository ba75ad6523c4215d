"""Why this process was asked to stop, if a reason was given."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """The reason that a worker gives to a run that it stops."""

    #: somebody cancelled the run in Prefect
    CANCEL = "cancel"
    #: somebody asked in CKAN to cancel the run
    ASKED = "asked"
    #: somebody suspended the run in Prefect
    SUSPEND = "suspend"
    #: the worker is shutting down and its grace period is over
    DRAIN = "drain"
    #: the worker that supervised the run is gone
    ORPHANED = "orphaned"


_reason: Reason | None = None


def note(reason: Reason) -> None:
    """Remember the reason for the signal that follows; the first reason is kept."""
    global _reason  # noqa: PLW0603 (a process that is to stop begins no other run)
    _reason = _reason or reason


def reason() -> Reason | None:
    """Return why this process was asked to stop, None when no reason was given."""
    return _reason
