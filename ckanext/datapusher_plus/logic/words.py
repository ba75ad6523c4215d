"""Actions of the queue of columns without a description: next, save, skip, wish, progress."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ckan import authz, model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ..core.errors import DatastoreGone, DatastoreRefused, IngestError
from ..core.statistics import to_json
from ..model.database import transaction
from ..recovery.restore_dictionary import describe
from ..statistics import store
from ..words import decisions, hand_out, permissions, queue, registry, save, screen
from ..words.hand_out import Wanted
from ..words.progress import progress
from ..words.screen import Shown
from . import schema
from .annotations import as_reply
from .migrated import migrated
from .user import caller_id

__all__ = [
    "datapusher_plus_words_next",
    "datapusher_plus_words_progress",
    "datapusher_plus_words_save",
    "datapusher_plus_words_skip",
    "datapusher_plus_words_wish",
]

#: Most days for which a column may be skipped.
MOST_DAYS = 3650


class DatastoreAway(tk.ValidationError):
    """The datastore does not answer; nothing was written, and the column is not claimed."""

    def __init__(self) -> None:
        super().__init__({"datastore": [tk._("The DataStore does not answer now. Please try again in a moment.")]})


@migrated()
def datapusher_plus_words_next(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return the column that you should describe next, of all columns without a description that you may edit.

    Columns that readers asked for come first, then those of datasets and organizations that you follow, then those
    with most drafts and votes.

    :param organization: id or name of the only organization (optional)
    :type organization: string
    :param package: id or name of the only dataset (optional)
    :type package: string
    :param claim: give this column to nobody else for ``words_claim_minutes`` (optional, default: ``True``)
    :type claim: bool

    :returns: ``next``: null, or ``column`` (id, name, heading, type, position), ``dataset``, ``resource``,
        ``organization``, ``statistics`` of the column as in ``datapusher_plus_statistics`` or null, ``entries``
        (label, notes, unit), ``drafts``, ``neighbours`` (what columns of the same name are called in other tables of
        the organization), ``wishes`` (how many asked for it) and ``claimed_until``
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.words_next())
    tk.check_access("datapusher_plus_words_next", context, {})
    return {"next": _next(context, asked)}


def _next(context: Context, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    wanted = Wanted(
        user_id=caller_id(context),
        sysadmin=authz.is_sysadmin(context.get("user")),
        organization=_id_of(model.Group, asked.get("organization"), "organization"),
        package=_id_of(model.Package, asked.get("package"), "package"),
    )

    def may_edit(resource_id: str) -> bool:
        return _may(context, "resource_update", resource_id)

    try:
        found = hand_out.next_column(wanted, may_edit, store.of_column, claim=asked.get("claim", True))
    except (DatastoreGone, DatastoreRefused) as error:
        raise DatastoreAway from error
    return found and _reply(found.shown, found.claimed_until)


def _reply(shown: Shown, until: datetime | None) -> dict[str, Any]:
    names = {"id": "id", "name": "name", "heading": "heading", "type": "pg_type", "position": "position"}
    return {
        "column": {key: getattr(shown.column, name) for key, name in names.items()},
        **shown.place,
        "neighbours": list(shown.neighbours),
        "statistics": to_json(shown.statistics) if shown.statistics else None,
        "entries": dict(shown.entries),
        "drafts": [as_reply(each) for each in shown.drafts],
        "claimed_until": until.isoformat() if until else None,
    }


@migrated()
def datapusher_plus_words_save(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Write a column's label, notes and unit to its Data Dictionary, and return the next column.

    Other entries stay, and the earlier Data Dictionary is kept. Nothing is written if somebody else has the column on
    the screen, or has described it meanwhile, or if the table does not have the column any more.

    :param column_id: id of the column
    :type column_id: int
    :param label: the label (optional)
    :type label: string
    :param notes: the description (optional)
    :type notes: string
    :param unit: the unit of the values (optional)
    :type unit: string
    :param used: ids of the drafts that were used (optional)
    :type used: list of int
    :param next: also return the next column (optional, default: ``True``)
    :type next: bool
    :param organization: id or name of the only organization of the next column (optional)
    :type organization: string
    :param package: id or name of the only dataset of the next column (optional)
    :type package: string

    :returns: ``saved`` (the column's id), and ``next`` as in ``datapusher_plus_words_next``
    :rtype: dictionary
    """
    data = dict(data_dict)
    used = _ids(data.pop("used", None))
    asked = schema.validated(context, data, schema.words_save())
    column = _column(context, "datapusher_plus_words_save", asked["column_id"])
    user_id = caller_id(context)
    entries = {key: str(asked[key]) for key in screen.KEYS if asked.get(key) is not None}
    if not any(text.strip() for text in entries.values()):
        raise tk.ValidationError({"label": [tk._("Write a label or a description first.")]})
    _save(column, user_id, entries, used)
    following = _next(context, asked) if asked.get("next", True) else None
    return {"saved": column.id, "next": following}


def _save(column: registry.Column, user_id: str, entries: dict[str, str], used: list[int]) -> None:
    try:
        save.check(column, user_id, entries)
        describe(column.resource_id, {column.name: entries}, overwrite=True)
    except (DatastoreGone, DatastoreRefused) as error:
        queue.release(column.id, user_id)
        raise DatastoreAway from error
    except IngestError as error:
        raise tk.ValidationError({"column_id": [str(error)]}) from error
    except save.ColumnClaimed as error:
        claimed = tk._("Nothing was saved: another editor is describing this column now.")
        raise tk.ValidationError({"column_id": [claimed]}) from error
    except save.ColumnChanged as error:
        now = "; ".join(f"{key}: {text}" for key, text in error.now.items())
        changed = tk._("Nothing was saved: somebody has described this column meanwhile ({now}).").format(now=now)
        raise tk.ValidationError({"column_id": [changed]}) from error
    except (save.ColumnGone, KeyError) as error:
        registry.refresh(column.resource_id)
        gone = tk._("Nothing was saved: the table does not have the column “{name}” any more.")
        raise tk.ValidationError({"column_id": [gone.format(name=column.name)]}) from error
    decisions.mark_used(column.id, used, user_id=user_id)
    queue.release(column.id, user_id)


@migrated()
def datapusher_plus_words_skip(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Do not offer a column to you for some days.

    :param column_id: id of the column
    :type column_id: int
    :param days: for how many days, from 1 to 3650 (optional, default: 30)
    :type days: int

    :returns: ``skipped``: the column's id
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.words_skip())
    column = _column(context, "datapusher_plus_words_skip", asked["column_id"])
    days = asked.get("days", 30)
    if not 1 <= days <= MOST_DAYS:
        raise tk.ValidationError({"days": [tk._("Must be from 1 to {most}").format(most=MOST_DAYS)]})
    queue.skip(column.id, caller_id(context), days=days)
    return {"skipped": column.id}


@migrated()
def datapusher_plus_words_wish(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Ask the editors to describe a column, or withdraw that.

    :param column_id: id of the column
    :type column_id: int
    :param on: ``False`` withdraws it (optional, default: ``True``)
    :type on: bool

    :returns: ``wishes``: how many readers ask for a description of the column
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.words_wish())
    column = _column(context, "datapusher_plus_words_wish", asked["column_id"])
    return {"wishes": queue.wish(column.id, caller_id(context), on=asked.get("on", True))}


@tk.side_effect_free
@migrated()
def datapusher_plus_words_progress(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Return how many columns of the datasets that you may edit have a description.

    :param organization: id or name of the only organization (optional)
    :type organization: string

    :returns: for each organization a dictionary of ``organization`` (id, name, title; null for datasets without one),
        ``columns``, ``described``, and ``datasets``: dictionaries of id, name, title, ``columns`` and ``described``
    :rtype: list
    """
    asked = schema.validated(context, data_dict, schema.words_progress())
    tk.check_access("datapusher_plus_words_progress", context, {})
    user_id, sysadmin = caller_id(context), authz.is_sysadmin(context.get("user"))
    with transaction() as connection:
        scope = permissions.of_user(connection, user_id, sysadmin=sysadmin)
    return progress(scope, _id_of(model.Group, asked.get("organization"), "organization"))


def _column(context: Context, action: str, column_id: int) -> registry.Column:
    """Return a registered column on which the user may carry out the action."""
    column = registry.column(column_id)
    if column is None:
        raise tk.ObjectNotFound(tk._("There is no such column any more."))
    tk.check_access(action, context, {"resource_id": column.resource_id})
    return column


def _may(context: Context, action: str, resource_id: str) -> bool:
    try:
        # a context of its own: CKAN keeps the last resource and dataset in it
        tk.check_access(action, {"user": context.get("user", "")}, {"id": resource_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True


def _id_of(kind: Any, name: str | None, key: str) -> str | None:
    if not name:
        return None
    found = kind.get(name)
    if found is None:
        raise tk.ValidationError({key: [tk._("Not found")]})
    return found.id


def _ids(given: object) -> list[int]:
    found = given if isinstance(given, list) else [] if given in (None, "") else [given]
    try:
        return [int(str(each)) for each in found]
    except ValueError as error:
        raise tk.ValidationError({"used": [tk._("Must be a list of ids of drafts")]}) from error
