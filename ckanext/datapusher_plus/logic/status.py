"""What ``datapusher_status`` answers; DataPusher+'s keys, and no secret among them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from .. import settings
from ..core.retries import Tries
from ..core.states import PUBLIC
from ..runs.history import RunRecord, last_loaded, log_lines
from ..runs.task import error_shown

#: Lines of the log that are shown.
LINES = 500


def reply(run: RunRecord) -> dict[str, Any]:
    """Return the status of a run."""
    updated = run.finished_at or run.started_at or run.dispatched_at or run.requested_at
    return {
        "status": PUBLIC[run.state],
        "job_id": run.id,
        "flow_run_id": run.flow_run_id,
        "job_url": _flow_run_url(run.flow_run_id),
        # without zone, as CKAN's own task_status
        "last_updated": updated.astimezone(timezone.utc).replace(tzinfo=None).isoformat(),
        "job_key": None,
        "task_info": _task_info(run),
        "error": error_shown(run.error),
        "rejected": _rejected(run.resource_id),
    }


def _task_info(run: RunRecord) -> dict[str, Any]:
    lines = log_lines(run.id, LINES)
    return {
        "state": run.state.value,
        "cause": run.cause,
        "rows": run.rows,
        "columns": run.columns,
        "warnings": run.warnings or [],
        "progress": run.progress,
        "message": run.message,
        "tries": run.tries,
        "most_tries": Tries(this=run.tries, retries=settings.current().run_retries).most,
        "retry_of": run.retry_of,
        "requested_at": _text(run.requested_at),
        "started_at": _text(run.started_at),
        "finished_at": _text(run.finished_at),
        "logs": [{"timestamp": _text(line.timestamp), "level": line.level, "message": line.message} for line in lines],
    }


def _rejected(resource_id: str) -> dict[str, Any] | None:
    """Return how many rows were left out of the table that is in place, and where they can be had."""
    loaded = last_loaded(resource_id)
    if loaded is None or not loaded.rejected:
        return None
    rows, total = loaded.rejected
    resource = model.Session.get(model.Resource, resource_id)
    package_id = resource.package_id if resource else ""
    url = tk.url_for("datapusher.rejected", id=package_id, resource_id=resource_id, _external=True)
    return {"rows": rows, "total": total, "url": url}


def _flow_run_url(flow_run_id: str | None) -> str | None:
    base = settings.current().prefect_ui_base.rstrip("/")
    return f"{base}/runs/flow-run/{flow_run_id}" if base and flow_run_id else None


def _text(moment: datetime | None) -> str | None:
    return moment and moment.astimezone(timezone.utc).isoformat()
