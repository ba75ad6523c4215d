"""The end of a run, told once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..checkpoint import reach
from ..core.states import GOOD, State, sources_of
from ..core.values import Published
from ..model import run
from . import database, task
from .request import notify


def finish(
    run_id: str, state: State, *, message: str, error_kind: str | None = None, published: Published | None = None
) -> bool:
    """Move a run to its last state; False when it has ended already, or cannot go there from where it is."""
    reach("finish.before")
    values: dict[str, Any] = {"state": state.value, "message": message, "finished_at": database.now(), "progress": None}
    if state not in GOOD:
        values["error"] = {"message": message, "kind": error_kind or state.value}
    if published is not None:
        values |= _loaded(published)
    end = (
        sa.update(run)
        .where(run.c.id == run_id, run.c.state.in_([source.value for source in sources_of(state)]))
        .values(**values)
        .returning(run.c.resource_id)
    )
    with database.transaction() as connection:
        resource_id = connection.execute(end).scalar_one_or_none()
        if resource_id is None:
            return False
        task.show(connection, resource_id)
        # a request that came meanwhile has waited for this
        notify(connection, resource_id)
    reach("finish.after")
    return True


def _loaded(published: Published) -> dict[str, Any]:
    return {
        "rows": published.rows,
        "columns": [list(column) for column in published.columns],
        "file_hash": published.file_hash,
        "load_key": published.load_key,
        "warnings": list(published.warnings) or None,
    }
