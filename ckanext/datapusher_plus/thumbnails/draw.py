"""Draw the pictures of a resource: of its image, of the first page of its PDF file, or of its table."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..core.thumbnail import KINDS
from . import files, sandbox, tables
from .picture import CannotDrawNow, NothingToDraw, Picture

__all__ = ["CannotDrawNow", "NothingToDraw", "Picture", "draw", "kind_of", "recipe_of"]

#: Seconds to connect to a server, and of its silence.
TIMEOUT = (5.0, 30.0)
#: Largest file that is read, in bytes.
MOST_BYTES = 50_000_000

#: Formats of images, as file name extensions and as the last parts of media types.
_IMAGES = frozenset(
    [
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "pjpeg",
        "png",
        "apng",
        "gif",
        "webp",
        "tif",
        "tiff",
        "geotiff",
        "bmp",
        "x-ms-bmp",
        "x-bmp",
        "avif",
        "jp2",
    ]
)
_PDF = frozenset({"pdf", "x-pdf"})
#: Formats that do not say which kind of image it is.
_ANY = frozenset({"", "image", "picture", "photo", "img", "file", "octet-stream"})
#: Library without which pictures of a kind cannot be drawn.
_LIBRARY = {"image": "PIL", "pdf": "pypdfium2", "table": "PIL"}
#: Version of the way in which pictures of a kind are drawn; a higher one makes older pictures out of date.
_VERSION = {"image": 1, "pdf": 1, "table": 1}


def kind_of(resource: Mapping[str, Any], kinds: Collection[str] = KINDS) -> str | None:
    """Return what a resource's picture shows: ``image``, ``pdf`` or ``table``; None when there is nothing to picture.

    :param kinds: those that the site wants.
    """
    kind = "table" if resource.get("datastore_active") else _kind_of_file(resource)
    if kind is None or kind not in kinds:
        return None
    return kind if _is_installed(_LIBRARY[kind]) and _is_installed("PIL") else None


@cache
def _is_installed(library: str) -> bool:
    # kept, since a listing asks for each of its resources
    return find_spec(library) is not None


def _kind_of_file(resource: Mapping[str, Any]) -> str | None:
    url = str(resource.get("url") or "").partition("?")[0].partition("#")[0]
    if not url.strip():
        return None
    for said in (resource.get("format"), resource.get("mimetype"), Path(url).suffix):
        name = str(said or "").strip().lower().partition(";")[0].rpartition("/")[2].lstrip(".").strip()
        if name not in _ANY:
            return "image" if name in _IMAGES else "pdf" if name in _PDF else None
    return None


def recipe_of(kind: str) -> str:
    """Return the name of the way in which pictures of a kind are drawn."""
    return f"{kind}/{_VERSION[kind]}"


def draw(
    resource: Mapping[str, Any],
    kind: str,
    widths: Sequence[int],
    *,
    timeout: tuple[float, float] = TIMEOUT,
    max_bytes: int = MOST_BYTES,
) -> dict[int, Picture]:
    """Return the pictures of a resource by width.

    A picture is at most as wide as asked; a small image stays as it is.

    :param kind: what ``kind_of`` returned.
    :param timeout: seconds to connect to a server, and of its silence.
    :param max_bytes: size of the largest file that is read.
    :raises NothingToDraw: when there will be no picture of this source.
    :raises CannotDrawNow: when there is none for a reason that may pass.
    """
    if not all(0 < seconds < math.inf for seconds in timeout):
        raise ValueError("Timeouts are positive and finite.")
    with tempfile.TemporaryDirectory(prefix="datapusher-plus-picture-") as folder:
        if kind == "table":
            about = {"drawing": tables.drawing_of(resource["id"])}
        else:
            about = {"path": str(files.fetch(resource, Path(folder), timeout, max_bytes))}
        return sandbox.render({"kind": kind, **about}, Path(folder), widths)
