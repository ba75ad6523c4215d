"""Template helpers, under the names of DataPusher+ and of CKAN's own datapusher."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _
from sqlalchemy.exc import SQLAlchemyError

from . import settings
from .core import read_options
from .core.types.column_type import PG_TYPES
from .thumbnails import listing

__all__ = [
    "datapusher_plus_drafts",
    "datapusher_plus_guide",
    "datapusher_plus_standing",
    "datapusher_plus_standing_prefetch",
    "datapusher_plus_status",
    "datapusher_plus_status_description",
    "datapusher_plus_thumbnail_of_dataset",
    "datapusher_plus_thumbnail_sizes",
    "datapusher_plus_thumbnails",
    "datapusher_plus_thumbnails_prefetch",
    "datapusher_plus_type_options",
    "datapusher_plus_type_override",
    "datapusher_status",
    "datapusher_status_description",
    "format_resource_items",
]

log = logging.getLogger(__name__)

#: Names and values of a resource's fields.
Items = list[tuple[str, Any]]


def datapusher_plus_status(resource_id: str) -> dict[str, Any]:
    """Return the result of ``datapusher_status``, or ``{"status": "unknown"}`` without a run or a table of runs.

    :raises ckan.plugins.toolkit.NotAuthorized: when the user may not edit the resource.
    """
    try:
        return tk.get_action("datapusher_status")({}, {"resource_id": resource_id})
    except (tk.ObjectNotFound, tk.ValidationError):
        return {"status": "unknown"}


def datapusher_plus_status_description(status: Mapping[str, Any]) -> str:
    """Return a short caption for a result of ``datapusher_status``."""
    state = status.get("status")
    if not state:
        return _("Not Uploaded Yet")
    captions = {
        "complete": _("Complete"),
        "pending": _("Pending"),
        "submitting": _("Submitting"),
        "running": _("Running"),
        "error": _("Error"),
    }
    return captions.get(state) or str(state).capitalize()


def datapusher_plus_drafts(resource_id: str) -> dict[str, list[Any]]:
    """Return the open drafts of a resource's Data Dictionary by column, for display; empty if they cannot be read.

    The form asks for every column, so they are kept for the request.
    """
    known = tk.g.setdefault("datapusher_plus_drafts", {})
    if resource_id not in known:
        from .views import draft_text

        known[resource_id] = found = {}
        try:
            listed = tk.get_action("datapusher_plus_annotation_list")({}, {"resource_id": resource_id})
        except (tk.ObjectNotFound, tk.ValidationError, tk.NotAuthorized, SQLAlchemyError):
            # the form must open, also where the plugin's tables are missing
            log.warning("the drafts of resource %s cannot be shown", resource_id, exc_info=True)
            listed = []
        for each in listed:
            found.setdefault(each["column"], []).append(draft_text.shown(each))
    return known[resource_id]


def datapusher_plus_type_override(field: Mapping[str, Any]) -> str:
    """Return the type that the Data Dictionary sets for a column, empty if none.

    :param field: the column as ``datastore_info`` returns it.
    """
    return str((field.get("info") or {}).get("type_override") or "")


def datapusher_plus_type_options(field: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the options of ``form.select`` for a column's type.

    A type that was set through the API is among them, so that saving the form does not change it.
    """
    types = dict.fromkeys(("", *PG_TYPES, datapusher_plus_type_override(field)))
    return [{"value": name, "text": name} for name in types]


def datapusher_plus_thumbnails(
    resource: Mapping[str, Any], package: Mapping[str, Any] | None = None
) -> dict[str, str] | None:
    """Return the addresses of a resource's pictures by label, None if it has none; makes no query.

    :param package: its dataset. Pass it where the resource does not come from a search: private datasets have none.
    """
    return listing.addresses(resource, package)


def datapusher_plus_thumbnails_prefetch(package: Mapping[str, Any]) -> str:
    """Find the pictures of all resources of a dataset by one query; returns nothing to show."""
    listing.prefetch([package])
    return ""


def datapusher_plus_thumbnail_of_dataset(package: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first resource of a dataset that has a picture, None if none has."""
    resources = package.get("resources") or ()
    return next((each for each in resources if listing.addresses(each, package)), None)


def datapusher_plus_thumbnail_sizes() -> dict[str, int]:
    """Return the configured widths of pictures by label; empty when pictures are off."""
    return {spec.label: spec.width for spec in settings.current().thumbnail_sizes}


def datapusher_plus_standing(resource: Mapping[str, Any]) -> Any:
    """Return how a resource's table stands to its file, a ``views.standing.ShownStanding`` or None."""
    from .views import standing

    return standing.of_resource(resource)


def datapusher_plus_standing_prefetch(package: Mapping[str, Any]) -> str:
    """Read how the tables of a dataset stand to their files by one query; returns nothing to show."""
    from .views import standing

    standing.prefetch(package)
    return ""


def datapusher_plus_guide(part: str = "") -> str:
    """Return the address of the guide for publishers, or of the part with an anchor."""
    from .views import guide_pages

    return guide_pages.address(part)


@tk.chained_helper
def format_resource_items(next_helper: Callable[[Items], Items], items: Items) -> Items:
    """Return a resource's fields as CKAN lists them for readers, without those that say how its file is read."""
    return next_helper([(name, value) for name, value in items if not name.startswith(read_options.PREFIX)])


datapusher_status = datapusher_plus_status
datapusher_status_description = datapusher_plus_status_description
