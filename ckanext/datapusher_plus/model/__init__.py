"""SQLAlchemy definitions of the plugin's tables in CKAN's database; the migrations in ``migration/`` create them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ckan.model.meta import metadata
from sqlalchemy.dialects.postgresql import JSONB

from ..core.states import LOADED
from . import words
from .thumbnail import table as thumbnail

__all__ = [
    "CHANNEL",
    "HAS_LOADED",
    "ONE_QUEUED",
    "ONE_RUNNING",
    "alias",
    "last_load",
    "log",
    "review",
    "run",
    "statistics",
    "thumbnail",
    "words",
]

#: PostgreSQL notification channel: after commit, the worker is notified that a resource has a queued run.
CHANNEL = "datapusher_plus"

#: Unique indexes by which the database allows one queued and one running run per resource; errors contain these names.
ONE_QUEUED = "datapusher_plus_run_one_queued"
ONE_RUNNING = "datapusher_plus_run_one_running"

# In CKAN's metadata, so that `ckan db check` knows the tables and CKAN's test fixtures empty them.
run = sa.Table(
    "datapusher_plus_run",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("resource_id", sa.Text, nullable=False),
    #: a value of core.states.State
    sa.Column("state", sa.Text, nullable=False),
    #: cause of the request: upload, url, format, options, restored, submit, retry, review, undo, migrated
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("ignore_hash", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("dry_run", sa.Boolean, nullable=False, server_default=sa.false()),
    #: whether it brings the table before the last load back, instead of loading the file
    sa.Column("undo", sa.Boolean, nullable=False, server_default=sa.false()),
    #: load key of the file whose load this run has undone: that file is loaded again only if somebody asks for it
    sa.Column("undone_key", sa.Text),
    #: whether a command requested it; such runs come after those that people request
    sa.Column("bulk", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("dispatched_at", sa.DateTime(timezone=True)),
    sa.Column("started_at", sa.DateTime(timezone=True)),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    #: how often the run was handed to Prefect
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("flow_run_id", sa.Text),
    sa.Column("worker", sa.Text),
    sa.Column("rows", sa.BigInteger),
    #: [[name, type], …] in table order
    sa.Column("columns", JSONB(none_as_null=True)),
    sa.Column("file_hash", sa.Text),
    #: a later run with the same key is skipped
    sa.Column("load_key", sa.Text),
    #: the message for the publisher
    sa.Column("message", sa.Text),
    #: the messages among ``message`` and ``warnings`` with keys and values, as in core.message.documents
    sa.Column("said", JSONB(none_as_null=True)),
    #: {"message": sentence, "kind": class of the error}; for a value that does not fit also "column" and "type"
    sa.Column("error", JSONB(none_as_null=True)),
    #: {"stage": …, "done": …, "total": …}
    sa.Column("progress", JSONB(none_as_null=True)),
    #: [sentence, …]
    sa.Column("warnings", JSONB(none_as_null=True)),
    #: [rows that were left out, rows of the file]; for a refused file a third number: rows that are listed
    sa.Column("rejected", JSONB(none_as_null=True)),
    #: core.values.LoadPlan.read_as: {"sheet": …, "encoding": …, "decimal": …, …}, the keys that apply to the file
    sa.Column("read_as", JSONB(none_as_null=True)),
    #: [[old, new], …]: names of columns that were probably renamed
    sa.Column("renamed", JSONB(none_as_null=True)),
    #: fields of the resource that the table's publication sets; null removes one
    sa.Column("fields", JSONB(none_as_null=True)),
    #: [part, …] as in core.parts: sheets, layers or lists of the file, with first cells; null: the file was not read
    sa.Column("contents", JSONB(none_as_null=True)),
    #: [finding, …] as in core.personal_data.findings: columns that seem to hold personal data; no values
    sa.Column("personal", JSONB(none_as_null=True)),
    #: core.difference.to_json: what the load changes in the table
    sa.Column("difference", JSONB(none_as_null=True)),
    #: number of this try of the request, from 1
    sa.Column("tries", sa.Integer, nullable=False, server_default="1"),
    #: id of the failed run that this one retries
    sa.Column("retry_of", sa.Text),
    #: earliest time of the next try, of a queued run or of the publication of an unpublished one
    sa.Column("not_before", sa.DateTime(timezone=True)),
    #: whether the table is in place but could not be published in CKAN yet
    sa.Column("unpublished", sa.Boolean, nullable=False, server_default=sa.false()),
    #: name of the user who requested it; null: a command, or the site itself
    sa.Column("asked_by", sa.Text),
    #: how it was requested: a value of runs.asker.Via
    sa.Column("asked_via", sa.Text),
    #: {"name": file name, "size": bytes or null}
    sa.Column("file", JSONB(none_as_null=True)),
    #: [[stage, seconds after the run's start], …] in the order in which they began
    sa.Column("steps", JSONB(none_as_null=True)),
    #: when and by whom the running run was asked to stop
    sa.Column("cancel_asked_at", sa.DateTime(timezone=True)),
    sa.Column("cancel_asked_by", sa.Text),
    sa.Index("datapusher_plus_run_resource", "resource_id", "requested_at"),
    sa.Index("datapusher_plus_run_started", "started_at", "resource_id"),
    sa.Index(ONE_QUEUED, "resource_id", unique=True, postgresql_where=sa.text("state = 'queued'")),
    sa.Index(ONE_RUNNING, "resource_id", unique=True, postgresql_where=sa.text("state = 'running'")),
    sa.Index("datapusher_plus_run_unpublished", "resource_id", postgresql_where=sa.text("unpublished")),
)

#: One file of a resource that a person must look at before it is loaded, and what was decided about it.
review = sa.Table(
    "datapusher_plus_review",
    metadata,
    sa.Column("resource_id", sa.Text, primary_key=True),
    sa.Column("file_hash", sa.Text, primary_key=True),
    #: of the load whose changes are reviewed; empty: personal data in the file is
    sa.Column("load_key", sa.Text, primary_key=True, server_default=""),
    #: the last run that ended because of it
    sa.Column("run_id", sa.Text, nullable=False),
    #: waiting, approved, rejected
    sa.Column("state", sa.Text, nullable=False),
    #: [finding, …] as in core.personal_data.findings; no values
    sa.Column("found", JSONB(none_as_null=True), nullable=False),
    #: core.difference.to_json, if changes are reviewed
    sa.Column("difference", JSONB(none_as_null=True)),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("decided_at", sa.DateTime(timezone=True)),
    #: name of the user
    sa.Column("decided_by", sa.Text),
    sa.Column("note", sa.Text),
    sa.Index("datapusher_plus_review_run", "run_id"),
)

#: SQL condition that a run has loaded its resource's table.
HAS_LOADED = run.c.state.in_([state.value for state in LOADED]) & ~run.c.dry_run


def last_load(resource_id: str | sa.ColumnElement[str], *wanted: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Return the query for some columns of the run that loaded a resource's table last."""
    query = sa.select(*wanted).where(run.c.resource_id == resource_id, HAS_LOADED)
    return query.order_by(run.c.finished_at.desc()).limit(1)


log = sa.Table(
    "datapusher_plus_log",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey(run.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    #: the message with its key and values, as in core.message.documents
    sa.Column("said", JSONB(none_as_null=True)),
    sa.Index("datapusher_plus_log_run", "run_id", "id"),
)

# an alias stays with its resource when the resource is renamed, so that links to it stay valid
alias = sa.Table(
    "datapusher_plus_alias",
    metadata,
    sa.Column("alias", sa.Text, primary_key=True),
    #: what the template gave; the alias has a number if another table had that name
    sa.Column("wanted", sa.Text, nullable=False),
    sa.Column("resource_id", sa.Text, nullable=False),
    sa.Index("datapusher_plus_alias_resource", "resource_id"),
)

statistics = sa.Table(
    "datapusher_plus_statistics",
    metadata,
    sa.Column("resource_id", sa.Text, primary_key=True),
    #: the run that loaded the table that these statistics describe; null until they are made
    sa.Column("run_id", sa.Text),
    sa.Column("load_key", sa.Text),
    sa.Column("made_at", sa.DateTime(timezone=True)),
    sa.Column("rows", sa.BigInteger),
    #: [core.statistics.to_json(column), …] in table order
    sa.Column("columns", JSONB(none_as_null=True)),
    #: rows that repeat an earlier row; null: not counted
    sa.Column("duplicates", sa.BigInteger),
    #: whether rows were changed through the API since
    sa.Column("stale", sa.Boolean, nullable=False, server_default=sa.false()),
    #: the run for whose table statistics were begun last, and how often they were begun without an end
    sa.Column("begun_for", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    #: whether rows were changed through the API since statistics were begun
    sa.Column("changed", sa.Boolean, nullable=False, server_default=sa.false()),
    #: {run id: [name, …]}: columns in which a run found personal data
    sa.Column("personal", JSONB(none_as_null=True)),
    #: {run id: {name: {text: count}}}: texts of the file that a run took as NULL
    sa.Column("null_words", JSONB(none_as_null=True)),
    sa.Index(
        "datapusher_plus_statistics_missing",
        "resource_id",
        postgresql_where=sa.text("run_id IS DISTINCT FROM begun_for"),
    ),
)
