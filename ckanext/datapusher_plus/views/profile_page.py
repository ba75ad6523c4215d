"""The profile of a resource's table, for readers: a card for each column, as a page and as a resource view."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ckan import types
from ckan.common import config
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _, ungettext
from flask import Blueprint
from sqlalchemy.exc import SQLAlchemyError

from .. import settings
from ..core.column_pages import ColumnPage, DescribedColumn, Order, select, window
from ..core.errors import IngestError
from ..core.states import OPEN
from ..runs import records
from ..statistics import store
from . import filter_links, labels, numbers
from .cards import Card, card
from .for_readers import ForReaders, for_readers

__all__ = ["profile"]

log = logging.getLogger(__name__)

profile = Blueprint("datapusher_plus_profile", __name__)

#: Highest page number that is read; a longer text is no page number.
_MOST_DIGITS = 6
#: Keys of a Data Dictionary entry that may have the unit of a column's values.
_UNITS = ("unit", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a reader searches for, and in which order."""

    query: str = ""
    order: Order = Order.POSITION
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the page shows; all texts are for display."""

    #: why there is no statistic to show; empty if there are some
    missing: str = ""
    #: what is true of the whole table
    summary: str = ""
    duplicates: str = ""
    made: Any = None
    stale: bool = False
    cards: tuple[Card, ...] = ()
    asked: Asked = Asked()
    page: ColumnPage | None = None
    #: what readers may ask for and vote on, by position of the column
    readers: Mapping[int, ForReaders] = field(default_factory=dict)
    #: page numbers to link to; None for left out ones
    numbers: tuple[int | None, ...] = ()


def page(id: str, resource_id: str) -> types.Response | str:
    """Return the profile page."""
    package = _package(id, resource_id)
    if not isinstance(package, dict):
        return package
    resource = next((each for each in package["resources"] if each["id"] == resource_id), None)
    if resource is None:
        return tk.abort(404, _("Resource not found"))
    shown = describe(package, resource, _asked(tk.request.args))
    known = {"pkg_dict": package, "package": package, "resource": resource, "profile": shown}
    return tk.render("datapusher/profile.html", known)


def of_view(package: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of the resource view's template: the first page of the profile."""
    return {"profile": describe(package, resource, Asked())}


def describe(package: Mapping[str, Any], resource: Mapping[str, Any], asked: Asked) -> Profile:
    """Return the profile of a resource that the user may read."""
    if not resource.get("datastore_active"):
        return Profile(missing=_("This resource has no table, so there are no statistics of it."))
    try:
        statistics = store.outline(resource["id"])
        missing = "" if statistics else _missing(resource["id"])
    except (SQLAlchemyError, IngestError):
        log.warning("The statistics of resource %s cannot be read", resource["id"], exc_info=True)
        statistics, missing = None, _("The statistics of this table cannot be read at the moment; try again later.")
    if statistics is None:
        return Profile(missing=missing)
    rows = statistics.table.rows
    known = {
        name: empty / rows if rows else 0.0 for name, empty in zip(statistics.names, statistics.empty, strict=True)
    }
    columns = _columns(tk.h.datastore_dictionary(resource["id"]), known)
    found = select(columns, asked.query, asked.order, asked.page)
    views = tk.get_action("resource_view_list")({}, {"id": resource["id"]})
    links = filter_links.of_resource(package, resource["id"], views)
    details = store.columns(statistics, [each.name for each in found.columns])
    with numbers.in_one_locale():
        cards = tuple(card(each, details.get(each.name), links) for each in found.columns)
    table = statistics.table
    return Profile(
        summary=labels.loaded(table.rows, len(columns)),
        duplicates=_duplicates(table.duplicates),
        made=labels.moment(table.made_at),
        stale=table.stale,
        cards=cards,
        asked=asked,
        page=found,
        readers=for_readers(resource["id"], found.columns),
        numbers=window(found),
    )


def _package(id: str, resource_id: str) -> dict[str, Any] | types.Response:
    """Return the dataset, or reply as CKAN does for the page of a resource that the user may not read."""
    try:
        return tk.get_action("package_show")({}, {"id": id})
    except tk.ObjectNotFound:
        return tk.abort(404, _("Dataset not found"))
    except tk.NotAuthorized:
        if not config.get("ckan.auth.reveal_private_datasets"):
            return tk.abort(404, _("Dataset not found"))
        if tk.current_user.is_authenticated:
            return tk.abort(403, _("Unauthorized to read resource %s") % resource_id)
        here = tk.h.url_for("datapusher_plus_profile.page", id=id, resource_id=resource_id)
        return tk.redirect_to("user.login", came_from=here)


def _asked(given: Mapping[str, str]) -> Asked:
    order = given.get("order", "")
    number = given.get("page", "")
    return Asked(
        query=given.get("q", "").strip()[:200],
        order=Order(order) if order in set(Order) else Order.POSITION,
        page=int(number) if number.isdecimal() and len(number) <= _MOST_DIGITS else 1,
    )


def _missing(resource_id: str) -> str:
    run = records.latest(resource_id)
    if not settings.current().statistics:
        return _("This site makes no statistics of its tables.")
    if store.is_expected(resource_id) or (run is not None and run.state in OPEN):
        return _("The statistics of this table are being made; look again in a few minutes.")
    return _("There are no statistics of this table yet; the next load of its file makes them.")


def _columns(fields: Sequence[Mapping[str, Any]], known: Mapping[str, float]) -> list[DescribedColumn]:
    """Return the columns of the table, with what the Data Dictionary says.

    :param known: shares of empty rows, by name.
    """
    return [
        DescribedColumn(
            position=position,
            name=field["id"],
            type=field["type"],
            label=_said(field, "label"),
            notes=_said(field, "notes"),
            unit=_said(field, *_UNITS),
            empty_share=known.get(field["id"]),
        )
        for position, field in enumerate(fields, start=1)
    ]


def _said(field: Mapping[str, Any], *keys: str) -> str:
    """Return what the Data Dictionary says under the first of the keys that it has.

    Other plugins keep their keys beside CKAN's ``info``.
    """
    info = field.get("info")
    places = (info, field) if isinstance(info, Mapping) else (field,)
    said = (place.get(key) for key in keys for place in places)
    return next((text.strip() for text in said if isinstance(text, str) and text.strip()), "")


def _duplicates(count: int | None) -> str:
    if count is None:
        return ""
    if not count:
        return _("No row repeats another one.")
    return ungettext("{count} row repeats an earlier one.", "{count} rows repeat an earlier one.", count).format(
        count=numbers.count(count)
    )


profile.add_url_rule("/dataset/<id>/profile/<resource_id>", view_func=page)
