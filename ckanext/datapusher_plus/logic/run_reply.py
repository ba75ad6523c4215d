"""Parts of replies about runs: the load in the table, a request that waits, and a run of the history."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ckan import model

from .. import settings
from ..core import progress, warnings
from ..core.retries import Tries
from ..core.states import OPEN, State
from ..runs import database, records, standing
from ..runs.records import RunRecord

#: Most lines of a log that are searched for warnings.
_MOST_WARNINGS = 500


def text(moment: datetime | None) -> str | None:
    """Return a time as text in UTC."""
    return moment and moment.astimezone(timezone.utc).isoformat()


def table(resource_id: str) -> dict[str, Any] | None:
    """Return what is known of the load that is in the resource's table; None if it has no table or no run loaded it."""
    resource = model.Session.get(model.Resource, resource_id)
    run = records.last_loaded(resource_id) if resource and (resource.extras or {}).get("datastore_active") else None
    if run is None:
        return None
    logged = records.warning_lines(run.id, _MOST_WARNINGS)
    # a run whose process died after its commit has only its message
    kept = run.warnings or ([run.message] if run.state is State.WARNED and run.message else [])
    known = standing.find([run.resource_id])[run.resource_id].known if run.undo else None
    return {
        "job_id": run.id,
        "file": run.file,
        "rows": run.rows,
        "columns": run.columns,
        "loaded_at": text(known.loaded_at if known else run.finished_at),
        "brought_back_at": text(run.finished_at) if known else None,
        "warnings": list(warnings.merged(kept, logged, run.message)),
        "read_as": run.read_as or {},
        "personal": run.personal or [],
        "difference": run.difference,
        "undone": bool(known and known.is_undone),
    }


def waiting(resource_id: str, newest: RunRecord) -> dict[str, Any] | None:
    """Return the request that waits while ``newest`` runs; None if there is none."""
    if newest.state is not State.RUNNING:
        return None
    return next((entry(run) for run in records.runs_of(resource_id, limit=2) if run.state is State.QUEUED), None)


def whole(run: RunRecord) -> dict[str, Any] | None:
    """Return how far a running load is over all its stages; None if it does not run or that is not known."""
    if run.state is not State.RUNNING or not run.progress or not run.started_at:
        return None
    stage, done, total = run.progress["stage"], run.progress["done"] or 0, run.progress["total"]
    last = records.last_loaded(run.resource_id)
    shares = progress.shares_of(steps_of(last)) if last else progress.SHARES
    share = progress.share_done(stage, done, total, shares)
    passed = (database.now() - run.started_at).total_seconds()
    if not total and run.steps and run.steps[-1][0] == stage:
        share = progress.share_by_time(stage, share, run.steps[-1][1], passed, shares)
    return {
        "share": share,
        "seconds_left": progress.seconds_left(passed, share),
        "rows": run.progress.get("rows"),
        "rows_done": progress.rows_done(run.progress.get("rows"), stage, done, total),
    }


def steps_of(run: RunRecord) -> tuple[progress.Step, ...]:
    """Return the timeline of a run."""
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    return progress.timeline(run.steps or (), took)


def entry(run: RunRecord) -> dict[str, Any]:
    """Return a run as the history lists it."""
    return {
        "job_id": run.id,
        "state": run.state.value,
        "cause": run.cause,
        "asked_by": run.asked_by,
        "asked_via": run.asked_via,
        "dry_run": run.dry_run,
        "undo": run.undo,
        "file": run.file,
        "rows": run.rows,
        "message": run.message,
        "warnings": run.warnings or [],
        "tries": run.tries,
        "most_tries": Tries(this=run.tries, retries=settings.current().run_retries).most,
        "retry_of": run.retry_of,
        "requested_at": text(run.requested_at),
        "started_at": text(run.started_at),
        "finished_at": text(run.finished_at),
        "next_try_at": text(run.not_before) if run.state is State.QUEUED else None,
        "cancel_asked_at": text(run.cancel_asked_at),
        "cancel_asked_by": run.cancel_asked_by,
        "may_be_cancelled": run.state in OPEN and not run.cancel_asked_at,
        "steps": [{"stage": s.stage, "begun": s.begun, "seconds": s.seconds} for s in steps_of(run)],
    }
