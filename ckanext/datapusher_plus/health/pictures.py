"""The check of the storage for pictures of resources."""

from __future__ import annotations

from importlib.util import find_spec

from ckan.common import config

from .. import settings
from ..portal.private_storage import NoStorage
from ..settings import PREFIX
from ..thumbnails import storage
from .finding import Verdict, fail, ok, warn


def pictures() -> Verdict:
    """Check that browsers get pictures from their storage, and not from CKAN."""
    site = settings.current()
    if not site.thumbnail_sizes:
        return ok(f"Pictures of resources are off: {PREFIX}thumbnail_sizes is empty.")
    if find_spec("PIL") is None:
        return fail(
            "No picture can be drawn, because the Python package Pillow is not installed here.",
            "Install the plugin with the extra [thumbnails], for web processes too.",
        )
    try:
        has_addresses = storage.has_addresses()
    except NoStorage as error:
        return fail(str(error), f"Correct {PREFIX}thumbnail_storage.")
    if has_addresses:
        return ok("Browsers get pictures from their storage, without CKAN.")
    cards = config.get("ckan.datasets_per_page") or 20
    return warn(
        f"The storage of pictures has no addresses of its own: a listing of {cards} datasets costs {cards} requests to "
        "CKAN, each time that it is shown.",
        f"Name a storage of the type ckan:fs:public, or an object store, in {PREFIX}thumbnail_storage.",
    )
