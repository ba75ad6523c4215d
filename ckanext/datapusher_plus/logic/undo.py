"""The actions with which a person undoes the last load of a resource."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ..core.errors import IngestError
from ..core.kept import KeptTable
from ..core.states import OPEN
from ..datastore import catalog, connect, kept, touched
from ..runs import database, records
from ..runs.request import request
from ..statistics import store
from . import schema
from .migrated import migrated

__all__ = ["datapusher_plus_undo", "datapusher_plus_undo_show"]


@migrated()
def datapusher_plus_undo(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Undo the last load of a resource: a run brings the table from before it back. An undo can be undone, too.

    The file whose load was undone is loaded again when it changes, or when somebody asks for it.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param run_id: ``run_id`` of ``datapusher_plus_undo_show``; the undo is refused if there was another load since
        (optional)
    :type run_id: string

    :returns: ``job_id``, the id of the run
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.undo())
    resource_id = asked["resource_id"]
    tk.check_access("datapusher_plus_undo", context, {"resource_id": resource_id})
    found = _kept(resource_id)
    if found is None:
        raise _refused(tk._("There is no earlier table of this resource that could be brought back."))
    if asked.get("run_id") not in (None, "", found.replaced_by):
        raise _refused(tk._("There was another load since: look at the DataStore tab again."))
    latest = records.latest(resource_id)
    if latest is not None and latest.state in OPEN:
        raise _refused(tk._("A load of this resource waits or is running: undo it when it has ended."))
    with database.transaction() as connection:
        return {"job_id": request(connection, resource_id, cause="undo", undo=True)}


@tk.side_effect_free
@migrated()
def datapusher_plus_undo_show(context: Context, data_dict: DataDict) -> dict[str, Any] | None:
    """Return the table that an undo of the last load would bring back.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string

    :returns: ``run_id`` of the load that would be undone, ``replaced_at``; of the earlier table ``file`` (name and
        size, or null), ``rows`` (or null), ``columns`` (how many, or null) and ``loaded_at`` (or null); ``changed``:
        whether rows of the present table were changed through the API. Null if there is nothing to bring back.
    :rtype: dictionary
    """
    resource_id = schema.validated(context, data_dict, schema.status())["resource_id"]
    tk.check_access("datapusher_plus_undo_show", context, {"resource_id": resource_id})
    found = _kept(resource_id)
    if found is None:
        return None
    load = found.load
    return {
        "run_id": found.replaced_by,
        "replaced_at": found.at or None,
        "file": (dict(load.file) or None) if load else None,
        "rows": load and load.rows,
        "columns": (len(load.columns) or None) if load else None,
        "loaded_at": (load and load.at) or None,
        "changed": _is_changed(resource_id),
    }


def _is_changed(resource_id: str) -> bool:
    """Return whether rows of the table were changed since it was put in place; of a large one only its mark knows."""
    last = records.last_loaded(resource_id)
    try:
        with connect.connect(autocommit=True) as connection:
            found = touched.is_touched(connection, resource_id, last and last.rows)
    except IngestError as error:
        raise _refused(str(error)) from error
    return store.is_stale(resource_id) if found is None else found


def _kept(resource_id: str) -> KeptTable | None:
    try:
        with connect.connect(autocommit=True) as connection:
            live = catalog.table_exists(connection, resource_id)
            return kept.kept_table(connection, resource_id) if live else None
    except IngestError as error:
        raise _refused(str(error)) from error


def _refused(why: str) -> tk.ValidationError:
    return tk.ValidationError({"resource_id": [why]})
