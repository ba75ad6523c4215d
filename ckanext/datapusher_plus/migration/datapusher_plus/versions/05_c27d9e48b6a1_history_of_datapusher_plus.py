"""Take over what DataPusher+ 2 or 3 left behind in its tables ``jobs``, ``metadata`` and ``logs``.

What becomes of a DataPusher+ job (``job_type`` ``push_to_datastore``; another loader's jobs are never touched):

- It is copied to ``datapusher_plus_run`` with its state, rows, columns and error, and its log lines to
  ``datapusher_plus_log``. ``complete`` stays complete, or is skipped when it says so; ``error`` stays an error; a job
  that was still waiting or running when DataPusher+ was taken away is cancelled, and says how to load the file again.
- It is then deleted from ``jobs``, and with it its metadata and log lines, because ``jobs.api_key`` holds a
  sysadmin's token that any reader of the database could use. The token is copied nowhere. Revoke it if you can: it
  is in old backups still.
- A job that names no resource cannot be shown anywhere: it stays where it is, without its token.

The three tables are dropped when nothing is left in them. They stay as they are when rows are left, which are another
loader's (ckanext-xloader uses the same names), and on a database that DataPusher+ never migrated.

Downgrading does not bring the old tables back. To return to DataPusher+ 3, downgrade to base with this version, then
upgrade with that one; it makes its tables anew. In alembic's offline mode nothing is taken over.

Revision ID: c27d9e48b6a1
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "c27d9e48b6a1"
down_revision = "5b0e6c1f9a42"

NEEDED = {
    "jobs": {"job_id", "job_type", "status", "data", "error", "finished_timestamp", "api_key"},
    "metadata": {"job_id", "key", "value"},
    "logs": {"job_id", "timestamp", "level", "message"},
}
FAILED = "DataPusher+ could not load this file and did not say why."
LOST = "DataPusher+ was replaced before it had loaded this file. Load it again from the DataStore tab."
#: for a job without any time: before all others
LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)
BATCH = 500

run = sa.table(
    "datapusher_plus_run",
    *(sa.column(name) for name in ("id", "resource_id", "state", "cause", "requested_at", "finished_at")),
    *(sa.column(name) for name in ("flow_run_id", "rows", "message")),
    *(sa.column(name, JSONB(none_as_null=True)) for name in ("columns", "error")),
)

# `aps_job_id` is newer than the table in some databases, hence the detour over JSON.
FIND_JOBS = """
SELECT DISTINCT ON (job.job_id) job.job_id, job.status, job.data, job.error, job.finished_timestamp,
       to_jsonb(job) ->> 'aps_job_id' AS flow_run_id, resource.value AS resource_id,
       (SELECT min(line.timestamp) FROM logs AS line WHERE line.job_id = job.job_id) AS first_line,
       (SELECT min(created.value) FROM metadata AS created
        WHERE created.job_id = job.job_id AND created.key = 'task_created') AS task_created
FROM jobs AS job
JOIN metadata AS resource ON resource.job_id = job.job_id AND resource.key = 'resource_id' AND resource.value <> ''
WHERE job.job_type = 'push_to_datastore'
"""
COPY_LINES = """
INSERT INTO datapusher_plus_log (run_id, at, level, message)
SELECT job_id, coalesce(timestamp, to_timestamp(0) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
       coalesce(level, 'INFO'), coalesce(message, '')
FROM logs WHERE job_id IN (SELECT id FROM datapusher_plus_run WHERE cause = 'migrated')
ORDER BY timestamp
"""
FORGET_COPIED = "DELETE FROM {} WHERE job_id IN (SELECT id FROM datapusher_plus_run WHERE cause = 'migrated')"
FORGET_TOKENS = "UPDATE jobs SET api_key = NULL WHERE job_type = 'push_to_datastore'"
# What DataPusher+ wrote for other software to read must not promise work that nobody does any more.
SETTLE_TASKS = """
UPDATE task_status SET state = 'error', error = :error
WHERE task_type = 'datapusher_plus' AND key = 'datapusher_plus' AND state NOT IN ('complete', 'error')
"""


def upgrade() -> None:
    config = op.get_context().config
    was_here = config is None or config.attributes.get("datapusher_plus_was_here", True)
    if op.get_context().as_sql or not was_here or not _tables_are_there():
        return
    bind = op.get_bind()
    jobs = bind.execute(sa.text(FIND_JOBS).execution_options(yield_per=BATCH)).mappings()
    for batch in jobs.partitions():
        op.bulk_insert(run, [_run(job) for job in batch])
    bind.execute(sa.text(COPY_LINES))
    for table in ("logs", "metadata", "jobs"):
        bind.execute(sa.text(FORGET_COPIED.format(table)))
    bind.execute(sa.text(FORGET_TOKENS))
    bind.execute(sa.text(SETTLE_TASKS), {"error": json.dumps({"message": LOST})})
    if not any(bind.scalar(sa.text(f"SELECT EXISTS (SELECT FROM {table})")) for table in NEEDED):  # noqa: S608
        for table in ("logs", "metadata", "jobs"):
            op.drop_table(table)


def downgrade() -> None:
    pass


def _tables_are_there() -> bool:
    look = sa.inspect(op.get_bind())
    there = set(look.get_table_names())
    return all(
        table in there and needed <= {column["name"] for column in look.get_columns(table)}
        for table, needed in NEEDED.items()
    )


def _run(job: Any) -> dict[str, Any]:
    data, error = _parsed(job["data"]), _parsed(job["error"])
    state = _state(job["status"], data)
    said = {"error": error.get("message") or FAILED, "cancelled": LOST}.get(state)
    requested_at = _moment(job["task_created"]) or job["first_line"] or job["finished_timestamp"] or LONG_AGO
    return {
        "id": job["job_id"],
        "resource_id": job["resource_id"],
        "state": state,
        "cause": "migrated",
        "requested_at": requested_at.replace(tzinfo=timezone.utc),
        "finished_at": (job["finished_timestamp"] or requested_at).replace(tzinfo=timezone.utc),
        "flow_run_id": job["flow_run_id"],
        "rows": data["rows"] if isinstance(data.get("rows"), int) else None,
        "columns": list(_columns(data.get("headers"))) or None,
        "message": said and str(said),
        "error": {"message": str(said)} if said else None,
    }


def _state(status: str | None, data: dict[str, Any]) -> str:
    if status == "complete":
        return "skipped" if "skipped" in data else "complete"
    return "error" if status == "error" else "cancelled"


def _columns(headers: object) -> Iterator[list[str]]:
    for header in headers if isinstance(headers, Sequence) and not isinstance(headers, str) else ():
        if isinstance(header, dict) and "id" in header:
            yield [str(header["id"]), str(header.get("type", ""))]


def _parsed(text: str | None) -> dict[str, Any]:
    """Return the JSON object in a text column, empty when it holds none."""
    try:
        value = json.loads(text or "null")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
