"""Reports of a loader outside this plugin (``datapusher_hook``): legal moves of one run, and never of our workers'."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from dateutil.parser import ParserError
from dateutil.parser import parse as parse_date

from .. import portal
from ..core.states import OPEN, State
from ..runs import database, history
from ..runs.claim import claim
from ..runs.finish import finish
from ..runs.log import printable
from ..runs.reap import REPORTED
from ..runs.request import request

FAILED = "The loader that works on this resource reported a failure without a reason."


def take(metadata: Mapping[str, Any], status: object, error: object) -> None:
    """Do what a report says.

    :raises ckan.plugins.toolkit.ObjectNotFound: when the resource has no such run.
    :raises ckan.plugins.toolkit.ValidationError: when the run cannot go there, or belongs to one of our workers.
    """
    run = _run(metadata["resource_id"], metadata.get("job_id"))
    if run.worker not in (None, REPORTED):
        raise _refused("This run is carried out by a worker of this site, which reports by itself.")
    if status == "running":
        _begin(run)
    elif status == "complete":
        _complete(run, metadata)
    elif status == "error":
        if not finish(run.id, State.ERROR, message=_message(error)):
            raise _refused("This run has ended already.")
    elif status != "pending":
        raise tk.ValidationError({"status": [tk._("Must be pending, running, complete or error")]})


def _run(resource_id: str, job_id: object) -> history.RunRecord:
    run = history.get(job_id) if isinstance(job_id, str) else history.latest(resource_id)
    if run is None or run.resource_id != resource_id:
        raise tk.ObjectNotFound(tk._("This resource has no such run."))
    return run


def _begin(run: history.RunRecord) -> None:
    if run.state is State.RUNNING:
        return
    if claim(run.id, flow_run_id=run.flow_run_id, worker=REPORTED) is None:
        raise _refused("This run is not waiting any more.")


def _complete(run: history.RunRecord, metadata: Mapping[str, Any]) -> None:
    if run.state not in OPEN:
        raise _refused("This run has ended already.")
    # decided before the end is told: afterwards nobody would look again
    changed = _has_changed(run, metadata)
    _begin(run)
    portal.announce(run.resource_id, loaded_before=history.has_loaded_before(run.resource_id, besides=run.id))
    if finish(run.id, State.COMPLETE, message="Another loader reported that it has loaded this file.") and changed:
        with database.transaction() as connection:
            request(connection, run.resource_id, cause="upload")


def _has_changed(run: history.RunRecord, metadata: Mapping[str, Any]) -> bool:
    """Tell whether the resource's file is another one than the loader began with."""
    resource = model.Session.get(model.Resource, run.resource_id, populate_existing=True)
    if resource is None:
        return False
    began = _moment(metadata.get("task_created")) or run.started_at or run.requested_at
    if resource.last_modified:
        return resource.last_modified.replace(tzinfo=timezone.utc) > began
    return bool(metadata.get("original_url")) and resource.url != metadata["original_url"]


def _moment(text: object) -> datetime | None:
    """Return a moment in UTC, which is what DataPusher+ means where it names no zone."""
    try:
        moment = parse_date(text) if isinstance(text, str) else None
    except (ParserError, OverflowError):
        return None
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))


def _message(error: object) -> str:
    said = error.get("message") if isinstance(error, Mapping) else error
    return printable(said) if isinstance(said, str) and said.strip() else FAILED


def _refused(why: str) -> tk.ValidationError:
    return tk.ValidationError({"status": [why]})
