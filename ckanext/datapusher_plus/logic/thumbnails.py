"""The actions that show and make pictures of resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from .. import settings, waits
from ..portal.private_storage import NoStorage
from ..thumbnails import generate, listing, source, store
from ..thumbnails.draw import CannotDrawNow, NothingToDraw
from ..thumbnails.generate import Busy
from ..thumbnails.store import Found, NotPublic
from . import schema
from .migrated import migrated

__all__ = ["datapusher_plus_thumbnail_make", "datapusher_plus_thumbnail_show"]


@tk.side_effect_free
@migrated()
def datapusher_plus_thumbnail_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return the addresses of a resource's pictures; makes none.

    :param id: the resource's id; ``resource_id`` is accepted too
    :type id: string
    :param label: label of a size (optional, default: all)
    :type label: string

    :returns: ``resource_id``; ``kind`` (image, pdf, table, or null if there is nothing to picture) and ``thumbnails``:
        a list of dictionaries of ``label``, ``width`` (of the size), ``url``, ``state`` (``ready``, ``missing``,
        ``stale`` or ``failed``), ``message`` (why there is none, or empty) and ``made_at``. A missing or stale picture
        is made when its ``url`` is opened
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.thumbnail())
    tk.check_access("datapusher_plus_thumbnail_show", context, {"id": asked["id"]})
    return _reply(_resource(context, asked), asked.get("label"))


@migrated()
def datapusher_plus_thumbnail_make(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make the pictures of a resource that are missing or out of date.

    :param id: the resource's id; ``resource_id`` is accepted too
    :type id: string
    :param label: label of the size to return (optional, default: all)
    :type label: string
    :param again: make them even if they are up to date (optional, default: ``False``)
    :type again: bool

    :returns: what ``datapusher_plus_thumbnail_show`` returns
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.thumbnail())
    tk.check_access("datapusher_plus_thumbnail_make", context, {"id": asked["id"]})
    resource = _resource(context, asked)
    try:
        generate.make(resource, again=asked.get("again", False), wait=waits.THUMBNAIL_PLACE)
    except NothingToDraw:
        # the reply says why
        pass
    except NotPublic as error:
        raise tk.ValidationError({"id": [tk._("Only resources that everybody may read have pictures.")]}) from error
    except (Busy, CannotDrawNow, NoStorage) as error:
        why = str(error) or tk._("The site makes as many pictures as it may. Try again later.")
        raise tk.ValidationError({"id": [why]}) from error
    return _reply(resource, asked.get("label"))


def _resource(context: Context, asked: Mapping[str, Any]) -> dict[str, Any]:
    labels = [spec.label for spec in settings.current().thumbnail_sizes]
    if not labels:
        no_sizes = tk._("No thumbnail sizes are configured (ckanext.datapusher_plus.thumbnail_sizes).")
        raise tk.ValidationError({"label": [no_sizes]})
    if asked.get("label", labels[0]) not in labels:
        known = tk._("There is no size with this label. The labels are: {labels}").format(labels=", ".join(labels))
        raise tk.ValidationError({"label": [known]})
    return tk.get_action("resource_show")(context.copy(), {"id": asked["id"]})


def _reply(resource: Mapping[str, Any], label: str | None) -> dict[str, Any]:
    kind = source.kind_of(resource)
    found = store.find([resource["id"]]).get(resource["id"], Found())
    ready = listing.current(resource, kind, found) if kind else {}
    failed = listing.failure(resource, kind, found) if kind else tk._("There is nothing to picture.")
    wanted = [spec for spec in settings.current().thumbnail_sizes if label in (None, spec.label)]
    return {
        "resource_id": resource["id"],
        "kind": kind,
        "thumbnails": [
            {
                "label": spec.label,
                "width": spec.width,
                "url": None
                if failed
                else ready.get(spec.label) or listing.route(resource["id"], spec.label, absolute=True),
                "state": _state(spec.label, found, ready, failed),
                "message": failed,
                "made_at": _made_at(spec.label, found, ready),
            }
            for spec in wanted
        ],
    }


def _state(label: str, found: Found, ready: Mapping[str, str | None], failed: str) -> str:
    if failed or label in ready:
        return "failed" if failed else "ready"
    row = found.rows.get(label)
    return "stale" if row and row.path else "missing"


def _made_at(label: str, found: Found, ready: Mapping[str, str | None]) -> str | None:
    row = found.rows.get(label)
    return row.made_at.isoformat() if label in ready and row and row.made_at else None
