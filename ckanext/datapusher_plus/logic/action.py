"""The actions ``datapusher_submit``, ``datapusher_status`` and ``datapusher_hook``, compatible with DataPusher+."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from .. import portal
from ..core.eligibility import MANAGED
from ..runs import database, records
from ..runs.asker import asked_by_command
from ..runs.request import request, would_change_nothing
from . import schema
from .annotations import (
    datapusher_plus_annotation_accept,
    datapusher_plus_annotation_draft,
    datapusher_plus_annotation_list,
    datapusher_plus_annotation_reject,
    datapusher_plus_annotation_vote,
)
from .dictionary import (
    datapusher_plus_dictionary_carry,
    datapusher_plus_dictionary_history,
    datapusher_plus_dictionary_restore,
    datastore_create,
)
from .fields import package_update
from .history import datapusher_plus_cancel, datapusher_plus_run_show, datapusher_plus_runs
from .migrated import migrated
from .review import datapusher_plus_review
from .sheets import datapusher_plus_all_sheets
from .statistics import (
    datapusher_plus_statistics,
    datastore_delete,
    datastore_run_triggers,
    datastore_upsert,
    resource_delete,
)
from .status import reply
from .thumbnails import datapusher_plus_thumbnail_make, datapusher_plus_thumbnail_show
from .undo import datapusher_plus_undo, datapusher_plus_undo_show
from .words import (
    datapusher_plus_words_next,
    datapusher_plus_words_progress,
    datapusher_plus_words_save,
    datapusher_plus_words_skip,
    datapusher_plus_words_wish,
)

__all__ = [
    "datapusher_hook",
    "datapusher_plus_all_sheets",
    "datapusher_plus_annotation_accept",
    "datapusher_plus_annotation_draft",
    "datapusher_plus_annotation_list",
    "datapusher_plus_annotation_reject",
    "datapusher_plus_annotation_vote",
    "datapusher_plus_cancel",
    "datapusher_plus_dictionary_carry",
    "datapusher_plus_dictionary_history",
    "datapusher_plus_dictionary_restore",
    "datapusher_plus_statistics",
    "datapusher_plus_review",
    "datapusher_plus_run_show",
    "datapusher_plus_runs",
    "datapusher_plus_undo",
    "datapusher_plus_undo_show",
    "datapusher_plus_words_next",
    "datapusher_plus_words_progress",
    "datapusher_plus_words_save",
    "datapusher_plus_words_skip",
    "datapusher_plus_words_wish",
    "datapusher_plus_thumbnail_make",
    "datapusher_plus_thumbnail_show",
    "datapusher_status",
    "datapusher_submit",
    "datastore_create",
    "datastore_delete",
    "datastore_run_triggers",
    "datastore_upsert",
    "package_update",
    "resource_delete",
]


@migrated()
def datapusher_submit(context: Context, data_dict: DataDict) -> bool:
    """Request the load of a resource's file into the DataStore.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param ignore_hash: load even if the file has not changed (optional, default: ``False``)
    :type ignore_hash: bool
    :param dry_run: read and check the file, but write nothing (optional, default: ``False``)
    :type dry_run: bool
    :param set_url_type: accepted for compatibility, without effect
    :type set_url_type: bool

    :returns: ``True`` if the request was queued; ``False`` if the resource does not exist or has no file, if a plugin
        refuses the load, or if a queued request covers this one already
    :rtype: bool
    """
    asked = schema.validated(context, data_dict, schema.submit())
    try:
        tk.check_access("datapusher_submit", context, {"resource_id": asked["resource_id"]})
    except tk.ObjectNotFound:
        return False
    if not _has_file(asked["resource_id"]) or portal.vetoed_by(asked["resource_id"]):
        return False
    ignore_hash, dry_run = asked.get("ignore_hash", False), asked.get("dry_run", False)
    wish = {"ignore_hash": ignore_hash, "bulk": asked_by_command()}
    with database.transaction() as connection:
        if would_change_nothing(connection, asked["resource_id"], dry_run=dry_run, **wish):
            return False
        request(connection, asked["resource_id"], cause="submit", dry_run=dry_run, **wish)
    return True


@tk.side_effect_free
@migrated()
def datapusher_status(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return the status of a resource's load.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string

    :returns: ``status`` (pending, running, complete or error), ``job_id``, ``flow_run_id``, ``job_url`` (null except
        for sysadmins), ``last_updated`` (UTC), ``job_key`` (always null), ``task_info`` (state, rows, columns: name,
        type, and heading if it differs from the name; warnings, progress, message, misfit: the column and type that a
        value does not fit; personal: findings of personal data; tries, times, the last lines of the log), ``error``,
        ``review`` (null, or for a file that waits or was rejected: state, what it is about, findings, who decided,
        when, and the note), ``dry_run`` (null, or the last run that only examined the file), ``rejected`` (null, or
        how many ``rows`` of ``total`` were left out of the table that is in place, the ``job_id`` and time of that
        load, and the ``url`` of the file with these rows), ``refused`` (null, or how many ``rows`` of ``total`` made
        this run refuse the file, how many of them are ``listed``, and the ``url`` of that list), ``table`` (null, or
        the load whose rows are in the table now: job_id, file, rows, columns, loaded_at, brought_back_at (null, or when
        an undo has brought the table back), warnings, read_as, personal, undone: whether the load of a newer file was
        undone)
        and ``waiting`` (null, or the request that waits while this run goes on). ``task_info`` also has who asked and
        how, ``dry_run`` and ``undo`` (what the run is for), file, steps with their seconds, and ``whole``: the share of
        the whole load that is done and the seconds left
    :rtype: dictionary
    """
    resource_id = schema.validated(context, data_dict, schema.status())["resource_id"]
    tk.check_access("datapusher_status", context, {"resource_id": resource_id})
    latest = records.latest(resource_id)
    if latest is None:
        raise tk.ObjectNotFound(tk._("This resource was never loaded."))
    return reply(latest, sysadmin=_is_sysadmin(context))


def datapusher_hook(context: Context, data_dict: DataDict) -> None:
    """Refuse a report on a run: only DataPusher+'s worker sent such reports, and the workers of this site need none.

    :param metadata: ``resource_id``
    :type metadata: dict
    :param status: ``pending``, ``running``, ``complete`` or ``error``
    :type status: string
    """
    metadata, status = tk.get_or_bust(data_dict, ["metadata", "status"])
    if not isinstance(metadata, dict) or not isinstance(metadata.get("resource_id"), str):
        raise tk.ValidationError({"metadata": [tk._("Must be a dictionary with a resource_id")]})
    tk.check_access("datapusher_hook", context, {"resource_id": metadata["resource_id"]})
    if status not in ("pending", "running", "complete", "error"):
        raise tk.ValidationError({"status": [tk._("Must be pending, running, complete or error")]})
    raise tk.ValidationError(
        {"status": [tk._("Nothing was changed: the workers of this site report their runs themselves.")]}
    )


def _is_sysadmin(context: Context) -> bool:
    try:
        tk.check_access("sysadmin", context, {})
    except tk.NotAuthorized:
        return False
    return True


def _has_file(resource_id: str) -> bool:
    resource = model.Session.get(model.Resource, resource_id)
    return (
        resource is not None
        and resource.state == model.State.ACTIVE
        and resource.package.state != model.State.DELETED
        and resource.url_type not in MANAGED.union(tk.h.datastore_rw_resource_url_types())
    )
