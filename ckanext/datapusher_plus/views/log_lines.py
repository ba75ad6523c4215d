"""Lines of a run's log, for display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from . import labels
from .labels import Badge
from .messages import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the log."""

    when: datetime | None
    level: Badge
    message: str
    #: language of the message if it is not the page's: English; else empty
    language: str = ""


def lines(logs: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Return the lines of a log in the given order."""
    return tuple(_line(entry) for entry in logs)


def newest_first(logs: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Return the lines newest first; of lines with the same time the last written comes first."""
    beginning = datetime.min.replace(tzinfo=timezone.utc)
    return lines(sorted(logs, key=lambda entry: labels.moment(entry.get("timestamp")) or beginning)[::-1])


def _line(entry: Mapping[str, Any]) -> Line:
    message = entry.get("message") or ""
    return Line(
        when=labels.moment(entry.get("timestamp")),
        level=labels.level(entry.get("level") or ""),
        message=str(message),
        language="" if isinstance(message, Shown) else "en",
    )
