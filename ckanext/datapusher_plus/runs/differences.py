"""What loads change in their tables: kept with the run, and read for pages and commands."""

from __future__ import annotations

import sqlalchemy as sa

from ..core.difference import Difference, to_json
from ..core.states import OPEN
from ..model import run
from . import database
from .records import COLUMNS, RunRecord, records


def note(run_id: str, found: Difference) -> None:
    """Keep what a run changes."""
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(run.c.id == run_id).values(difference=to_json(found)))


def last_dry_run(resource_id: str) -> RunRecord | None:
    """Return the resource's last run that only examined the file, if no run has ended since; also one that is open."""
    ended = sa.select(sa.func.max(run.c.finished_at)).where(run.c.resource_id == resource_id, ~run.c.dry_run)
    is_open = run.c.state.in_([state.value for state in OPEN])
    is_newest = run.c.finished_at > sa.func.coalesce(ended.scalar_subquery(), sa.text("'-infinity'::timestamptz"))
    query = sa.select(*COLUMNS).where(run.c.resource_id == resource_id, run.c.dry_run, is_open | is_newest)
    found = records(query.order_by(run.c.requested_at.desc()).limit(1))
    return found[0] if found else None
