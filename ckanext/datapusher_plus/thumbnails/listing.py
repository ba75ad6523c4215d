"""Addresses of the pictures that a page shows, found by one query for the whole page."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import flask
from ckan.plugins import toolkit as tk
from sqlalchemy.exc import SQLAlchemyError

from .. import settings
from ..core.thumbnail import has_failed, is_valid
from . import access, draw, source, storage, store
from .store import Found

log = logging.getLogger(__name__)

#: Key of a resource in the results of a search, and attribute of ``flask.g``.
KEY = "dpp_thumbnails"
#: Name of the route that makes pictures.
ROUTE = "datapusher_plus_thumbnail"

Addresses = dict[str, str] | None


def prefetch(packages: Sequence[Mapping[str, Any]]) -> None:
    """Find the pictures of all resources of some datasets, for the rest of this request.

    No later call of ``addresses`` for one of them makes a query.
    """
    if not settings.current().thumbnail_sizes or not flask.has_request_context():
        return
    known = _known()
    resources = [each for package in packages for each in package.get("resources") or () if each["id"] not in known]
    known.update({each["id"]: None for each in resources})
    shown = {each["id"]: each for package in packages for each in access.visible(package)}
    kinds = {each: kind for each, resource in shown.items() if (kind := source.kind_of(resource))}
    new = [each["id"] for each in resources if each["id"] in kinds]
    try:
        found = store.find(new)
    except SQLAlchemyError:
        # a page is worth more than its pictures
        log.exception("The pictures on this page could not be looked up.")
        return
    known.update({each: _addresses(shown[each], kinds[each], found.get(each, Found())) for each in new})


def attach(packages: Sequence[Mapping[str, Any]]) -> None:
    """Add the addresses of their pictures to the resources of search results."""
    prefetch(packages)
    known = _known() if flask.has_request_context() else {}
    for resource in (each for package in packages for each in package.get("resources") or ()):
        if resource["id"] in known:
            resource[KEY] = known[resource["id"]]


def addresses(resource: Mapping[str, Any], package: Mapping[str, Any] | None = None) -> Addresses:
    """Return the addresses of a resource's pictures by label, None if it has none.

    Without ``prefetch`` they lead to the route that makes pictures, and no query is made.

    :param package: its dataset; without it the resource is taken as one that everybody may read.
    """
    known = _known()
    if resource.get("id") in known:
        return known[resource["id"]]
    is_hidden = package is not None and (package.get("private") or package.get("state", "active") != "active")
    if not settings.current().thumbnail_sizes or is_hidden or source.kind_of(resource) is None:
        return None
    return {spec.label: route(resource["id"], spec.label) for spec in settings.current().thumbnail_sizes}


def route(resource_id: str, label: str, *, absolute: bool = False) -> str:
    """Return the address that makes a picture if it is missing, and then leads to it."""
    url = tk.url_for(f"{ROUTE}.index", locale="default", _external=absolute)
    return f"{url}{resource_id}?label={label}"


def current(resource: Mapping[str, Any], kind: str, found: Found) -> dict[str, str | None]:
    """Return the storage's addresses of the pictures that are up to date, by label; None where it has no addresses."""
    state, recipe = source.state_of(resource, kind, found), draw.recipe_of(kind)
    rows = {spec: found.rows.get(spec.label) for spec in settings.current().thumbnail_sizes}
    return {
        spec.label: storage.address(row.path)
        for spec, row in rows.items()
        if row and is_valid(spec, row, state, recipe)
    }


def failure(resource: Mapping[str, Any], kind: str, found: Found) -> str:
    """Return why the resource's present source has no picture; empty if that is not known."""
    state, recipe = source.state_of(resource, kind, found), draw.recipe_of(kind)
    return next((row.failed or "" for row in found.rows.values() if has_failed(row, state, recipe)), "")


def _addresses(resource: Mapping[str, Any], kind: str, found: Found) -> Addresses:
    if failure(resource, kind, found):
        return None
    warm = current(resource, kind, found)
    labels = (spec.label for spec in settings.current().thumbnail_sizes)
    return {label: warm.get(label) or route(resource["id"], label) for label in labels}


def _known() -> dict[str, Addresses]:
    if KEY not in flask.g:
        setattr(flask.g, KEY, {})
    return getattr(flask.g, KEY)
