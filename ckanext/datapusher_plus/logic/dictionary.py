"""Actions for earlier versions of a Data Dictionary: keep one at each edit, list them, restore one."""

from __future__ import annotations

import logging
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Action, Context, DataDict

from .. import dictionary_stash
from ..core.dictionary.comment import lines
from ..core.dictionary.model import Dictionary
from ..core.dictionary.versions import Difference, differences, restoration
from ..core.errors import IngestError, StashUnreadable
from ..core.safe_text import cut
from ..dictionary_stash.history import Kept, Why
from ..recovery.restore_dictionary import bring_back, carry, today
from ..statistics import store, summary
from ..words import registry
from . import form_fields, schema
from .reasons import reason
from .statistics import quietly

__all__ = [
    "datapusher_plus_dictionary_carry",
    "datapusher_plus_dictionary_history",
    "datapusher_plus_dictionary_restore",
    "datastore_create",
]

log = logging.getLogger(__name__)

#: Most characters of a text, and most columns of a version, in a reply: users can make both very large.
LONGEST = 500
MOST = 100


@tk.chained_action
def datastore_create(up_func: Action, context: Context, data_dict: DataDict) -> Any:
    """Keep the Data Dictionary as it was before an edit, so that it can be restored."""
    resource_id = data_dict.get("resource_id") or data_dict.get("id")
    before = _before(resource_id) if isinstance(resource_id, str) and data_dict.get("fields") else None
    data_dict = {**data_dict, **form_fields.completed(data_dict, before)}
    with_rows = bool(data_dict.get("records") or data_dict.get("delete_fields"))
    columns = bool(data_dict.get("fields") or data_dict.get("delete_fields"))
    with registry.editing(resource_id if columns else None):
        done = up_func(context, data_dict)
    if resource_id is None:
        # the action has created the resource too
        quietly(registry.refresh, done.get("resource_id"))
    if before:
        _keep(str(resource_id), before)
    if with_rows:
        quietly(store.mark_stale, resource_id)
    if data_dict.get("fields"):
        quietly(summary.rewrite, resource_id)
    return done


def _before(resource_id: str) -> Dictionary | None:
    try:
        dictionary_stash.stash_path(resource_id)
        found = today(resource_id)
    except (IngestError, OSError, ValueError) as error:
        # an edit must not fail because its history cannot be kept
        log.warning("The Data Dictionary of %r is edited without a copy of the earlier version: %s", resource_id, error)
        return None
    return found if found.described else None


def _keep(resource_id: str, before: Dictionary) -> None:
    try:
        if today(resource_id).described != before.described:
            dictionary_stash.history.keep(resource_id, before, why=Why.EDIT)
    except (IngestError, OSError) as error:
        log.warning("The Data Dictionary of %s as it was before an edit could not be kept: %s", resource_id, error)


@tk.side_effect_free
def datapusher_plus_dictionary_history(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Return the earlier versions of a resource's Data Dictionary, newest first.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string

    :returns: dictionaries of ``id``, ``at`` (when the version was replaced, UTC), ``why`` (load, edit, restore,
        stash or delete), ``run_id``, ``described`` (how many columns it describes), ``differences`` from the present
        version (at most 100 columns, each with its entries ``then`` and ``now``) with their ``count``, and the columns
        that a restore would ``fill``, would ``replace``, and that the table does not have (``absent``)
    :rtype: list
    """
    resource_id = schema.validated(context, data_dict, schema.status())["resource_id"]
    tk.check_access("datapusher_plus_dictionary_history", context, {"resource_id": resource_id})
    kept = _entries(resource_id)
    if not kept:
        return []
    now = _today(resource_id)
    return [_described(entry, now) for entry in kept]


def datapusher_plus_dictionary_restore(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Restore an earlier version of a resource's Data Dictionary.

    Without ``overwrite`` only what is empty now is filled in. The Data Dictionary that this replaces is kept as an
    earlier version.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param entry: ``id`` of an earlier version, as ``datapusher_plus_dictionary_history`` returns it
    :type entry: string
    :param overwrite: also replace what is not empty now (optional, default: ``False``)
    :type overwrite: bool
    :param dry_run: only return what would change (optional, default: ``False``)
    :type dry_run: bool

    :returns: ``columns`` whose entries (label, description and others) changed, and those that are ``absent`` from the
        table: their entries are kept, and restored when the table has these columns again
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.restore())
    resource_id = asked["resource_id"]
    tk.check_access("datapusher_plus_dictionary_restore", context, {"resource_id": resource_id})
    entry = next((entry for entry in _entries(resource_id) if entry.id == asked["entry"]), None)
    if entry is None:
        raise tk.ObjectNotFound(tk._("There is no such earlier version of the Data Dictionary any more."))
    wishes = {name: asked.get(name, False) for name in ("overwrite", "dry_run")}
    try:
        brought = bring_back(resource_id, entry.dictionary, **wishes)
    except IngestError as error:
        raise tk.ValidationError({"entry": [reason(error)]}) from error
    quietly(summary.rewrite, resource_id)
    return {"columns": list(brought.columns), "absent": list(brought.absent)}


def datapusher_plus_dictionary_carry(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Copy label, description and other Data Dictionary entries of a renamed column to its new column.

    The table no longer has the old column. Entries that the new column has already are kept.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param old: the column's old name
    :type old: string
    :param new: the column's new name
    :type new: string
    :param dry_run: only return what would change (optional, default: ``False``)
    :type dry_run: bool

    :returns: ``columns`` whose entries changed: the new one, or empty
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.carry())
    resource_id = asked["resource_id"]
    tk.check_access("datapusher_plus_dictionary_carry", context, {"resource_id": resource_id})
    try:
        brought = carry(resource_id, asked["old"], asked["new"], dry_run=asked.get("dry_run", False))
    except (IngestError, ValueError) as error:
        raise tk.ValidationError({"old": [reason(error)]}) from error
    return {"columns": list(brought.columns)}


def _entries(resource_id: str) -> list[Kept]:
    try:
        return dictionary_stash.history.entries(resource_id)
    except OSError as error:
        raise _unreadable(error) from error
    except ValueError:
        # not a UUID: no version is ever kept for such an id
        return []


def _today(resource_id: str) -> Dictionary:
    try:
        return today(resource_id)
    except OSError as error:
        raise _unreadable(error) from error
    except IngestError as error:
        raise tk.ValidationError({"resource_id": [reason(error)]}) from error


def _unreadable(error: OSError) -> tk.ValidationError:
    return tk.ValidationError({"resource_id": [reason(StashUnreadable(error.strerror or type(error).__name__))]})


def _described(entry: Kept, now: Dictionary) -> dict[str, Any]:
    found = differences(entry.dictionary, now)
    filling = restoration(entry.dictionary, now, overwrite=False)
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "why": entry.why.value,
        "run_id": entry.run_id,
        "described": len(entry.dictionary.described),
        "count": len(found),
        "differences": [_difference(difference) for difference in found[:MOST]],
        "fill": list(filling.comments),
        "replace": list(restoration(entry.dictionary, now, overwrite=True).comments),
        "absent": list(filling.absent),
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "column": difference.column,
        "here": difference.here,
        "then": {key: cut(text, LONGEST) for key, text in lines(difference.then)},
        "now": {key: cut(text, LONGEST) for key, text in lines(difference.now)},
    }
