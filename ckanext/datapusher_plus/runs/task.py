"""What other software reads about a resource's load: CKAN's ``task_status``, with DataPusher+'s names."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from ckan import model as ckan_model
from sqlalchemy.dialects.postgresql import insert

from ..core import errors
from ..core.states import PUBLIC, State
from ..model import run
from . import database

NAME = "datapusher_plus"
task_status = ckan_model.task_status_table

#: What each kind of error means, without anything of a file.
_SENTENCES = {
    name: (kind.__doc__ or "The load ended in an error.").splitlines()[0]
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
}
#: A resource's runs, the one that says most about its present first: running, then queued, then the last that ended.
NEWEST_FIRST = (
    sa.case({State.RUNNING.value: 0, State.QUEUED.value: 1}, value=run.c.state, else_=2),
    sa.func.coalesce(run.c.finished_at, run.c.requested_at).desc(),
    run.c.requested_at.desc(),
)


def show(connection: sa.Connection, resource_id: str) -> None:
    """Bring ``task_status`` in line with the resource's runs, in the transaction that changes them."""
    newest = sa.select(run).where(run.c.resource_id == resource_id).order_by(*NEWEST_FIRST).limit(1)
    current = connection.execute(newest).mappings().first()
    if current is None:
        return
    values = {
        "state": PUBLIC[State(current["state"])],
        "value": json.dumps({"job_id": current["id"], "flow_run_id": current["flow_run_id"]}),
        "error": json.dumps(public_error(current["error"], current["rejected"])),
        # CKAN's column has no zone; everyone writes UTC into it
        "last_updated": database.now().replace(tzinfo=None),
    }
    row = insert(task_status).values(
        id=str(uuid.uuid4()), entity_id=resource_id, entity_type="resource", task_type=NAME, key=NAME, **values
    )
    connection.execute(row.on_conflict_do_update(index_elements=["entity_id", "task_type", "key"], set_=values))


def public_error(error: Mapping[str, str] | None, rejected: Sequence[int] | None) -> dict[str, str]:
    """Return what everybody may read of a run's error: its kind, counts and places.

    CKAN answers ``task_status_show`` to anybody who knows the id of a resource, even of a private one. So no part of
    the sentence for the publisher is here, which quotes the file.
    """
    if not error:
        return {}
    kind = error.get("kind", "")
    what = [_SENTENCES.get(kind, "The load ended in an error.")]
    if place := error.get("place"):
        what.append(f"Look at {place}.")
    if rejected:
        what.append(f"Rows that cannot be loaded: {rejected[0]:,} of {rejected[1]:,}.")
    what.append("Whoever may edit the resource finds more on its DataStore tab.")
    return {"message": " ".join(what), "kind": kind}
