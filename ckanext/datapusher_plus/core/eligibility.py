"""Which resources are loaded by themselves."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

#: Kinds of resources whose rows live in the datastore, or that older loaders marked so; CKAN adds others by plugins.
MANAGED = frozenset({"datastore", "tabledesigner", "datapusher"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What decides whether a resource's file is to be loaded."""

    url: str
    url_type: str
    format: str
    mimetype: str
    active: bool


def is_wanted(resource: Candidate, *, formats: AbstractSet[str], managed: AbstractSet[str]) -> bool:
    """Tell whether the resource has a file of a format that is loaded by itself.

    ``formats`` are lower-case and compared whole; the media type counts only where no format is given, and how the
    file's name ends only where there is neither: CKAN knows no media type for Parquet, for one.
    """
    kind = (resource.format.strip() or resource.mimetype.strip() or _ending(resource.url)).lower()
    return (
        resource.active
        and bool(resource.url.strip())
        and resource.url_type not in managed | MANAGED
        and kind in formats
    )


def _ending(url: str) -> str:
    try:
        return PurePosixPath(urlsplit(url).path).suffix.removeprefix(".").strip()
    except ValueError:
        return ""
