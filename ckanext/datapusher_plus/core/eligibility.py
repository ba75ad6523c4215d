"""Which resources are loaded automatically."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

#: ``url_type`` of resources whose rows are kept in the datastore, or that older loaders marked so; plugins add others.
MANAGED = frozenset({"datastore", "tabledesigner", "datapusher"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The fields of a resource that decide whether its file is loaded."""

    url: str
    url_type: str
    format: str
    mimetype: str
    active: bool


def is_wanted(resource: Candidate, *, formats: AbstractSet[str], managed: AbstractSet[str]) -> bool:
    """Return whether the resource has a file of a format that is loaded automatically.

    The media type counts only where no format is given, and the file name's extension only where there is neither: CKAN
    knows no media type for Parquet, for example.

    :param formats: in lower case; they are compared whole.
    :param managed: further values of ``url_type`` whose rows are kept in the datastore, besides `MANAGED`.
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
