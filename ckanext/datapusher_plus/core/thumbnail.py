"""Pictures of resources: their sizes, and the one decision whether a stored picture may be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

#: Bounds of a picture's width: 16 pixels show nothing less, and a wider picture is no preview.
LEAST_WIDTH, GREATEST_WIDTH = 16, 2048

#: Kinds of resources that have a picture.
KINDS = ("image", "pdf", "table")

#: A label is part of addresses and of file names, so it needs no quoting in either.
_SIZE = re.compile(r"([a-z0-9][a-z0-9_-]{0,29}):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Spec:
    """One configured size."""

    label: str
    #: in pixels
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The state of what is pictured; None is what nobody knows."""

    resource_id: str
    hash: str | None = None
    #: for a table the end of its last load, with a time zone
    modified: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is stored about one picture of a resource."""

    resource_id: str
    label: str
    #: location in the storage; blank if there is no picture
    path: str = ""
    #: width of the size that was asked for; the picture itself may be narrower
    width: int | None = None
    height: int | None = None
    #: in bytes
    size: int | None = None
    #: what drew it, such as "image/1"
    recipe: str = ""
    source_hash: str | None = None
    source_modified: datetime | None = None
    made_at: datetime | None = None
    #: why this source has no picture
    failed: str | None = None


def sizes(text: str) -> tuple[Spec, ...]:
    """Return the sizes of a text like "small:240 medium:640"; none for a blank text.

    :raises ValueError: when the text means something else.
    """
    found = tuple(_spec(each) for each in text.replace(",", " ").split())
    labels = [spec.label for spec in found]
    if twice := next((label for label in labels if labels.count(label) > 1), None):
        raise ValueError(f"the label {twice!r} is there twice; give each size a label of its own.")
    return found


def kinds(text: str) -> frozenset[str]:
    """Return the kinds of resources that a list names.

    :raises ValueError: when it names something else.
    """
    found = frozenset(text.replace(",", " ").lower().split())
    if unknown := found - set(KINDS):
        raise ValueError(f"the kinds are {', '.join(KINDS)}; {', '.join(sorted(unknown))} is none of them.")
    return found


def is_valid(spec: Spec, row: Row | None, source: Source, recipe: str) -> bool:
    """Return whether a stored picture may be shown.

    :param recipe: what would draw the picture now, such as "image/1".
    """
    return (
        row is not None
        and bool(row.path.strip())
        and row.width == spec.width
        and row.recipe == recipe
        and not _has_changed(row, source)
    )


def has_failed(row: Row | None, source: Source, recipe: str) -> bool:
    """Return whether it is known that this source has no picture."""
    return row is not None and bool(row.failed) and row.recipe == recipe and not _has_changed(row, source)


def _has_changed(row: Row, source: Source) -> bool:
    """Return whether there is a sign that the source is not the one that was pictured."""
    if row.source_hash and source.hash and row.source_hash != source.hash:
        return True
    # the source may have changed while its picture was made, so its own time says more than the picture's
    known = row.source_modified or row.made_at
    return known is not None and source.modified is not None and known < source.modified


def _spec(text: str) -> Spec:
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is not a size. Write a label of small letters and digits, a colon and a width, as in small:240."
        )
    label, width = found[1], int(found[2])
    if not LEAST_WIDTH <= width <= GREATEST_WIDTH:
        raise ValueError(
            f"the width of {label!r} must be from {LEAST_WIDTH} to {GREATEST_WIDTH} pixels, and is {width}."
        )
    return Spec(label, width)
