"""Take what may quote a value, a name or an address out of ``task_status``, which CKAN shows to anybody.

DataPusher+ wrote whole error messages and a job's key there, and so did earlier versions of this plugin write their
sentences. Whoever may edit the resource still reads them through ``datapusher_status``.

Revision ID: a41e7c90d5b8
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "a41e7c90d5b8"
down_revision = "6f3d1b7a9c24"

FAILED = "The file could not be loaded. Whoever may edit the resource finds the reason on its DataStore tab."
LOST = "DataPusher+ was replaced before it had loaded this file. Load it again from the DataStore tab."
BATCH = 500
#: keys of ``value`` that name the run and nothing else
IDS = ("job_id", "flow_run_id")

task_status = sa.table("task_status", *(sa.column(name) for name in ("id", "task_type", "value", "error")))


def upgrade() -> None:
    if op.get_context().as_sql or not sa.inspect(op.get_bind()).has_table("task_status"):
        return
    bind = op.get_bind()
    ours = sa.select(task_status).where(task_status.c.task_type == "datapusher_plus")
    rows = bind.execute(ours.execution_options(yield_per=BATCH)).mappings()
    for batch in rows.partitions():
        for row in batch:
            clean = {"value": _value(row["value"]), "error": _error(row["error"])}
            if clean != {"value": row["value"], "error": row["error"]}:
                bind.execute(sa.update(task_status).where(task_status.c.id == row["id"]).values(clean))


def downgrade() -> None:
    pass


def _value(text: str | None) -> str | None:
    """Return the run's ids alone."""
    if not text:
        return text
    known = _parsed(text)
    kept = {key: known[key] for key in IDS if isinstance(known, dict) and isinstance(known.get(key), str)}
    return json.dumps(kept)


def _error(text: str | None) -> str | None:
    """Return that there was an error; an empty one stays as it is."""
    error = _parsed(text)
    if not error:
        return json.dumps({}) if text and error is not None else text
    lost = isinstance(error, dict) and error.get("message") == LOST
    return json.dumps({"message": LOST if lost else FAILED})


def _parsed(text: str | None) -> object:
    """Return the JSON value, or the text itself where it is none."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return text
