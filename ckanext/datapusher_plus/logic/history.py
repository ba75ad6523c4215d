"""The actions of a resource's history: its runs, the log of one, and cancelling one."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ..runs import cancel, records
from ..runs.asker import asker
from ..runs.records import RunRecord
from . import run_reply, schema
from .migrated import migrated

__all__ = ["datapusher_plus_cancel", "datapusher_plus_run_show", "datapusher_plus_runs"]

#: Runs, and lines of a log, in one reply.
RUNS, LINES = 20, 200
MOST_RUNS, MOST_LINES = 100, 1_000


@tk.side_effect_free
@migrated()
def datapusher_plus_runs(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return the runs of a resource: the running one, then the queued one, then those that ended, newest first.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param limit: most runs to return (optional, default: 20, at most 100)
    :type limit: int
    :param offset: how many to leave out (optional, default: 0)
    :type offset: int

    :returns: ``count`` of all runs that are kept, and ``runs``: state, cause, who asked and how, file, rows, message,
        tries, times, and steps with their seconds
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.runs())
    resource_id = asked["resource_id"]
    tk.check_access("datapusher_plus_runs", context, {"resource_id": resource_id})
    limit = min(asked.get("limit", RUNS), MOST_RUNS)
    found = records.runs_of(resource_id, limit=limit, offset=asked.get("offset", 0))
    return {"count": records.count_of(resource_id), "runs": [run_reply.entry(run) for run in found]}


@tk.side_effect_free
@migrated()
def datapusher_plus_run_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return one run of a resource with a part of its log.

    :param resource_id: the resource's id
    :type resource_id: string
    :param job_id: the run's id
    :type job_id: string
    :param limit: most lines to return (optional, default: 200, at most 1,000)
    :type limit: int
    :param offset: how many lines to leave out, from the first (optional, default: 0)
    :type offset: int

    :returns: the run as ``datapusher_plus_runs`` gives it, with ``lines``: the number of lines of its log, and
        ``logs``: ``timestamp``, ``level`` and ``message`` of each line, oldest first
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.run_show())
    tk.check_access("datapusher_plus_run_show", context, {"resource_id": asked["resource_id"]})
    run = _run(asked["resource_id"], asked["job_id"])
    limit = min(asked.get("limit", LINES), MOST_LINES)
    lines = records.log_page(run.id, limit=limit, offset=asked.get("offset", 0))
    return {
        **run_reply.entry(run),
        "lines": records.count_lines(run.id),
        "logs": [
            {"timestamp": run_reply.text(line.timestamp), "level": line.level, "message": line.message}
            for line in lines
        ],
    }


@migrated()
def datapusher_plus_cancel(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Cancel a load that waits or runs. A load that runs is rolled back: the table stays as it was.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param job_id: the run's id (optional, default: the run that ``datapusher_status`` shows)
    :type job_id: string

    :returns: ``job_id``, and ``state``: ``cancelled``, or ``running`` for a run that its worker stops soon
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.cancel())
    resource_id = asked["resource_id"]
    tk.check_access("datapusher_plus_cancel", context, {"resource_id": resource_id})
    latest = None if asked.get("job_id") else records.latest(resource_id)
    run_id = asked.get("job_id") or (latest.id if latest else "")
    try:
        state = cancel.cancel(resource_id, run_id, asker())
    except cancel.NothingToCancel as error:
        ended = tk._("There is nothing to cancel: this load has ended.")
        raise tk.ValidationError({"job_id": [ended]}) from error
    return {"job_id": run_id, "state": state.value}


def _run(resource_id: str, run_id: str) -> RunRecord:
    run = records.get(run_id)
    if run is None or run.resource_id != resource_id:
        raise tk.ObjectNotFound(tk._("This load is not known, or no longer kept."))
    return run
