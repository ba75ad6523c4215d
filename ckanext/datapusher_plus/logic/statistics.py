"""The action that returns a table's statistics, and chained actions after which statistics are out of date."""

from __future__ import annotations

import logging
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Action, Context, DataDict
from sqlalchemy.exc import SQLAlchemyError

from .. import portal
from ..core.errors import IngestError
from ..core.statistics import TableStatistics, to_json
from ..recovery import kept_tables
from ..statistics import store
from ..words import registry
from . import schema
from .migrated import migrated

__all__ = [
    "datapusher_plus_statistics",
    "datastore_delete",
    "datastore_run_triggers",
    "datastore_upsert",
    "resource_delete",
]

log = logging.getLogger(__name__)


@tk.side_effect_free
@migrated()
def datapusher_plus_statistics(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return the statistics of a resource's table.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string

    :returns: ``resource_id``, ``run_id`` and ``load_key`` (of the load), ``made_at`` (UTC), ``rows``, ``duplicates``
        (rows that repeat an earlier one; null if they were not counted), ``stale`` (whether the table has changed
        since) and ``columns``: dictionaries of ``name``, ``type``, ``measure`` (number, time, boolean or text),
        ``rows``, ``empty``, ``null_words``, ``distinct``, ``least``, ``greatest``, ``sum``, ``mean``, ``deviation``,
        ``quartiles``, ``shortest``, ``longest``, ``top`` (value and count), ``histogram`` (start, end and count),
        ``true``, ``false``, and ``withheld`` (personal or unique: why values are left out). What does not apply to a
        column is left out
    :rtype: dictionary
    """
    resource_id = schema.validated(context, data_dict, schema.status())["resource_id"]
    tk.check_access("datapusher_plus_statistics", context, {"resource_id": resource_id})
    found = store.load(resource_id)
    if found is None:
        raise tk.ObjectNotFound(tk._("There are no statistics of this resource's table."))
    return as_reply(found)


def as_reply(found: TableStatistics) -> dict[str, Any]:
    """Return statistics as JSON values."""
    return {
        "resource_id": found.resource_id,
        "run_id": found.run_id,
        "load_key": found.load_key,
        "made_at": found.made_at.isoformat(),
        "rows": found.rows,
        "duplicates": found.duplicates,
        "stale": found.stale,
        "columns": [to_json(column) for column in found.columns],
    }


@tk.chained_action
def datastore_upsert(up_func: Action, context: Context, data_dict: DataDict) -> Any:
    """Mark the statistics of the table as out of date."""
    return changed(up_func, context, data_dict)


@tk.chained_action
def datastore_run_triggers(up_func: Action, context: Context, data_dict: DataDict) -> Any:
    """Mark the statistics of the table as out of date: a trigger may change every row."""
    return changed(up_func, context, data_dict)


@tk.chained_action
def datastore_delete(up_func: Action, context: Context, data_dict: DataDict) -> Any:
    """Mark the statistics as out of date, or remove them with the table; ``datastore_records_delete`` calls this."""
    resource_id = data_dict.get("resource_id") or data_dict.get("id")
    whole = data_dict.get("filters") is None
    with registry.editing(resource_id if whole else None):
        done = up_func(context, data_dict)
    quietly(store.remove if whole else store.mark_stale, resource_id)
    if whole:
        # an earlier table is as private as the one that somebody has deleted; if this fails, the sweep does it
        quietly(kept_tables.forget, resource_id)
    return done


@tk.chained_action
def resource_delete(up_func: Action, context: Context, data_dict: DataDict) -> Any:
    """Delete the statistics of the resource, and its summary statistics resource."""
    resource_id = data_dict.get("id")
    done = up_func(context, data_dict)
    quietly(store.remove, resource_id)
    quietly(portal.delete_summary, resource_id)
    return done


def changed(up_func: Action, context: Context, data_dict: DataDict) -> Any:
    """Call an action that changes rows, and mark the statistics of the table as out of date."""
    resource_id = data_dict.get("resource_id") or data_dict.get("id")
    done = up_func(context, data_dict)
    if not data_dict.get("dry_run"):
        quietly(store.mark_stale, resource_id)
    return done


def quietly(act: Any, resource_id: object) -> None:
    """Do something about a resource's statistics; what the user asked for must not fail because of it."""
    if not isinstance(resource_id, str):
        return
    try:
        act(resource_id)
    except (IngestError, SQLAlchemyError, tk.ValidationError, tk.ObjectNotFound):
        log.warning("the statistics of resource %s may be out of date", resource_id, exc_info=True)
