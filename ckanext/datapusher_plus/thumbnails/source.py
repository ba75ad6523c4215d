"""What is pictured of a resource, and the state it is in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .. import settings
from ..core.thumbnail import Source
from . import draw
from .store import Found


def kind_of(resource: Mapping[str, Any]) -> str | None:
    """Return what is pictured of a resource (image, pdf or table), None if there is nothing to picture."""
    return draw.kind_of(resource, settings.current().thumbnail_kinds)


def state_of(resource: Mapping[str, Any], kind: str, found: Found) -> Source:
    """Return the state of what is pictured.

    A table changes with each load, a file when it is uploaded.
    """
    if kind == "table":
        return Source(resource_id=resource["id"], modified=found.loaded_at)
    return Source(
        resource_id=resource["id"], hash=resource.get("hash") or None, modified=_time(resource.get("last_modified"))
    )


def _time(given: object) -> datetime | None:
    """Return the time of a field, which is UTC if it has no time zone; None when it holds no time."""
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given.replace("Z", "+00:00"))
        except ValueError:
            return None
    if not isinstance(given, datetime):
        return None
    return given if given.tzinfo else given.replace(tzinfo=timezone.utc)
