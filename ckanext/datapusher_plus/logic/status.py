"""The reply of ``datapusher_status``: DataPusher+'s keys, without secrets."""

from __future__ import annotations

from datetime import timezone
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from .. import settings
from ..core.personal_data.findings import to_json
from ..core.retries import Tries
from ..core.states import PUBLIC, State
from ..runs import review
from ..runs.differences import last_dry_run
from ..runs.records import RunRecord, last_loaded, log_lines
from . import run_reply
from .run_reply import text as _text

#: Number of the log's last lines in the reply.
LINES = 500


def reply(run: RunRecord, *, sysadmin: bool) -> dict[str, Any]:
    """Return the status of a run; only a sysadmin gets the URL of its page in Prefect."""
    updated = run.finished_at or run.started_at or run.dispatched_at or run.requested_at
    return {
        "status": PUBLIC[run.state],
        "job_id": run.id,
        "flow_run_id": run.flow_run_id,
        "job_url": _flow_run_url(run.flow_run_id) if sysadmin else None,
        # UTC without a zone, as in CKAN's own task_status
        "last_updated": updated.astimezone(timezone.utc).replace(tzinfo=None).isoformat(),
        "job_key": None,
        "task_info": _task_info(run),
        "error": {"message": run.error["message"]} if run.error else {},
        "review": _review(run),
        "rejected": _left_out(run.resource_id),
        "refused": _refused(run),
        "table": run_reply.table(run.resource_id),
        "waiting": run_reply.waiting(run.resource_id, run),
        "dry_run": _dry_run(run.resource_id),
    }


def _task_info(run: RunRecord) -> dict[str, Any]:
    lines = log_lines(run.id, LINES)
    return {
        "state": run.state.value,
        "cause": run.cause,
        "dry_run": run.dry_run,
        "undo": run.undo,
        "rows": run.rows,
        "columns": run.columns,
        "warnings": run.warnings or [],
        "progress": run.progress,
        "message": run.message,
        # class of the error that ended the run
        "kind": (run.error or {}).get("kind"),
        "misfit": _misfit(run),
        "personal": run.personal or [],
        "difference": run.difference,
        "tries": run.tries,
        "most_tries": Tries(this=run.tries, retries=settings.current().run_retries).most,
        "retry_of": run.retry_of,
        "next_try_at": _text(run.not_before) if run.state is State.QUEUED else None,
        "asked_by": run.asked_by,
        "asked_via": run.asked_via,
        "file": run.file,
        "steps": run_reply.entry(run)["steps"],
        "whole": run_reply.whole(run),
        "cancel_asked_at": _text(run.cancel_asked_at),
        "requested_at": _text(run.requested_at),
        "started_at": _text(run.started_at),
        "finished_at": _text(run.finished_at),
        "logs": [{"timestamp": _text(line.timestamp), "level": line.level, "message": line.message} for line in lines],
    }


def _misfit(run: RunRecord) -> dict[str, str] | None:
    """Return the column of the value that ended the run, and the type that the Data Dictionary sets for it, or None."""
    error = run.error or {}
    return {key: error[key] for key in ("column", "type")} if "column" in error and "type" in error else None


def _review(run: RunRecord) -> dict[str, Any] | None:
    """Return the review because of which the run loaded nothing, or None."""
    known = review.of_run(run.id) if run.state in (State.WAITING, State.REJECTED) else None
    if known is None:
        return None
    return {
        "state": known.state.value,
        "found": to_json(known.found),
        "about": "changes" if known.difference else "personal data",
        "asked_at": _text(known.asked_at),
        "decided_at": _text(known.decided_at),
        "decided_by": known.decided_by,
        "note": known.note,
    }


def _dry_run(resource_id: str) -> dict[str, Any] | None:
    """Return the last run that only examined the file, if no file has been loaded since, or None."""
    last = last_dry_run(resource_id)
    if last is None:
        return None
    return {
        "job_id": last.id,
        "state": last.state.value,
        "message": last.message,
        "difference": last.difference,
        "warnings": [line.message for line in log_lines(last.id, LINES) if line.level == "WARNING"],
        "finished_at": _text(last.finished_at),
    }


def _left_out(resource_id: str) -> dict[str, Any] | None:
    """Return the number of rows left out of the present table, the load that did so, and the URL of their file."""
    loaded = last_loaded(resource_id)
    if loaded is None or not loaded.rejected:
        return None
    rows, total = loaded.rejected[:2]
    found = {"rows": rows, "total": total, "url": _url("datapusher.rejected", resource_id)}
    return {**found, "job_id": loaded.id, "loaded_at": _text(loaded.finished_at)}


def _refused(run: RunRecord) -> dict[str, Any] | None:
    """Return how many rows made the run refuse its file, how many of them are listed, and the URL of that list."""
    if run.state is not State.ERROR or not run.rejected:
        return None
    rows, total, listed = run.rejected
    return {
        "rows": rows,
        "total": total,
        "listed": listed,
        "url": _url("datapusher.refused", run.resource_id, run_id=run.id),
    }


def _url(endpoint: str, resource_id: str, **more: str) -> str:
    resource = model.Session.get(model.Resource, resource_id)
    package_id = resource.package_id if resource else ""
    return tk.url_for(endpoint, id=package_id, resource_id=resource_id, _external=True, **more)


def _flow_run_url(flow_run_id: str | None) -> str | None:
    base = settings.current().prefect_ui_base.rstrip("/")
    return f"{base}/runs/flow-run/{flow_run_id}" if base and flow_run_id else None
