"""A picture, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as a file."""

    data: bytes
    content_type: str
    #: in pixels
    width: int
    height: int


class NothingToDraw(Exception):
    """There is no picture of this source; ``str()`` is a sentence that anybody may read."""


class CannotDrawNow(Exception):
    """There is no picture for a reason that may pass; ``str()`` is a sentence that anybody may read."""
