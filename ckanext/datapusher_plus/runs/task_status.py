"""The state of a resource's load for other software: a row in CKAN's ``task_status``, with DataPusher+'s names.

CKAN shows these rows to anybody who knows the resource's id, even of a private resource. So they hold kinds, counts
and positions, and no sentence that may quote a value, a heading, a name or an address.
"""

from __future__ import annotations

import json
import uuid

import sqlalchemy as sa
from ckan import model as ckan_model
from sqlalchemy.dialects.postgresql import insert

from ..core.errors import FAILED, MORE
from ..core.states import PUBLIC, State
from ..model import run
from . import database

NAME = "datapusher_plus"
task_status = ckan_model.task_status_table

_NEWEST_ENDED_FIRST = (sa.func.coalesce(run.c.finished_at, run.c.requested_at).desc(), run.c.requested_at.desc())
_OPEN = ((run.c.state == State.RUNNING.value, 0), (run.c.state == State.QUEUED.value, 1))
#: Order of a resource's runs: running first, then queued, then the last that ended.
NEWEST_FIRST = (sa.case(*_OPEN, else_=2), *_NEWEST_ENDED_FIRST)
#: The same, but runs that only examined the file come last, because they say nothing about the table.
LOADS_FIRST = (sa.case(*_OPEN, (run.c.dry_run, 3), else_=2), *_NEWEST_ENDED_FIRST)


def show(connection: sa.Connection, resource_id: str) -> None:
    """Update ``task_status`` from the resource's runs, in the transaction that changes them."""
    newest = sa.select(run).where(run.c.resource_id == resource_id).order_by(*LOADS_FIRST).limit(1)
    current = connection.execute(newest).mappings().first()
    if current is None:
        return
    values = {
        "state": PUBLIC[State(current["state"])],
        "value": json.dumps({"job_id": current["id"], "flow_run_id": current["flow_run_id"]}),
        "error": json.dumps(_public(current["error"])),
        # CKAN's column has no time zone; all code that writes to it writes UTC
        "last_updated": database.now().replace(tzinfo=None),
    }
    row = insert(task_status).values(
        id=str(uuid.uuid4()), entity_id=resource_id, entity_type="resource", task_type=NAME, key=NAME, **values
    )
    connection.execute(row.on_conflict_do_update(index_elements=["entity_id", "task_type", "key"], set_=values))


def _public(error: dict[str, str] | None) -> dict[str, str]:
    if not error:
        return {}
    return {"message": error.get("public") or f"{FAILED} {MORE}", "kind": error.get("kind", State.ERROR.value)}
