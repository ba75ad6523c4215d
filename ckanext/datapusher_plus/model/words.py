"""Tables for descriptions of columns: columns, drafts and the queue of columns that need a description.

The parts of the queue: who asked for a column, who skipped it, and the columns themselves with their rank.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from ckan.model.meta import metadata
from sqlalchemy.dialects.postgresql import JSONB

#: Partial unique indexes by which the database allows each draft of the pipeline once; errors contain these names.
VALUE_KEY = "datapusher_plus_annotation_value_key"
SPAN_KEY = "datapusher_plus_annotation_span_key"


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _identity() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _column(*, primary_key: bool = False) -> sa.Column[Any]:
    key = sa.ForeignKey("datapusher_plus_column.id", ondelete="CASCADE")
    return sa.Column("column_id", sa.BigInteger, key, primary_key=primary_key, nullable=False)


def _annotation(*, primary_key: bool = False, nullable: bool = False, ondelete: str = "CASCADE") -> sa.Column[Any]:
    key = sa.ForeignKey("datapusher_plus_annotation.id", ondelete=ondelete)
    return sa.Column("annotation_id", sa.BigInteger, key, primary_key=primary_key, nullable=nullable)


#: Each column that a table has or had; it stays when the table loses the column, as its descriptions do on disk.
column = sa.Table(
    "datapusher_plus_column",
    metadata,
    _identity(),
    sa.Column("resource_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    #: as the file has it
    sa.Column("heading", sa.Text, nullable=False, server_default=""),
    #: place in the table, from 1
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("pg_type", sa.Text, nullable=False),
    #: whether the table has the column now
    sa.Column("present", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("has_label", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("has_notes", sa.Boolean, nullable=False, server_default=sa.false()),
    #: SHA-256 of the raw comment when it was read last
    sa.Column("said", sa.LargeBinary),
    sa.Column("seen_run", sa.Text),
    _now("seen_at"),
    sa.UniqueConstraint("resource_id", "name", name="datapusher_plus_column_name"),
)
# what columns of the same name are called elsewhere
sa.Index("datapusher_plus_column_labelled", column.c.name, postgresql_where=sa.text("present AND has_label"))

#: An edit of a resource's table that has begun; the registry of columns is refreshed after it.
dirty = sa.Table(
    "datapusher_plus_dirty",
    metadata,
    _identity(),
    sa.Column("resource_id", sa.Text, nullable=False),
    _now("at"),
    sa.Index("datapusher_plus_dirty_resource", "resource_id"),
)

#: A draft of one entry of a column's Data Dictionary.
annotation = sa.Table(
    "datapusher_plus_annotation",
    metadata,
    _identity(),
    sa.Column("resource_id", sa.Text, nullable=False),
    _column(),
    sa.Column("kind", sa.Text, nullable=False),
    #: value: the column as a whole; span: some of its rows
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("value", JSONB, nullable=False),
    #: of a span {"from": row, "to": row}
    sa.Column("span", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
    sa.Column("evidence", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
    #: from 0 to 1
    sa.Column("confidence", sa.REAL),
    #: name of the user for whom it was drafted
    sa.Column("creator", sa.Text, nullable=False),
    #: whether it is a fact of the table itself, replaced by each load
    sa.Column("structural", sa.Boolean, nullable=False, server_default=sa.false()),
    #: open, accepted, rejected, superseded
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("superseded_by", sa.BigInteger, sa.ForeignKey("datapusher_plus_annotation.id", ondelete="SET NULL")),
    _now("created_at"),
    #: whether the pipeline made it, not a person; only such drafts are unique
    sa.Column("is_pipeline", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint(
        "kind IN ('label', 'notes', 'unit', 'semantic_type', 'pii', 'codes')", name="datapusher_plus_annotation_kind"
    ),
    sa.CheckConstraint("form IN ('value', 'span')", name="datapusher_plus_annotation_form"),
    sa.CheckConstraint(
        "state IN ('open', 'accepted', 'rejected', 'superseded')", name="datapusher_plus_annotation_state"
    ),
    # PostgreSQL's B-tree allows 2,704 bytes in a row of an index
    sa.CheckConstraint("octet_length(value::text) <= 2000", name="datapusher_plus_annotation_value_size"),
    sa.CheckConstraint("octet_length(span::text) <= 200", name="datapusher_plus_annotation_span_size"),
    sa.Index("datapusher_plus_annotation_resource", "resource_id"),
    sa.Index("datapusher_plus_annotation_column", "column_id"),
    # without it, each draft that is deleted costs a look at all drafts
    sa.Index(
        "datapusher_plus_annotation_superseded",
        "superseded_by",
        postgresql_where=sa.text("superseded_by IS NOT NULL"),
    ),
)

_OF_PIPELINE = "NOT structural AND form = '{}' AND is_pipeline"
sa.Index(
    VALUE_KEY,
    *(annotation.c[name] for name in ("column_id", "kind", "value", "creator")),
    unique=True,
    postgresql_where=sa.text(_OF_PIPELINE.format("value")),
)
sa.Index(
    SPAN_KEY,
    *(annotation.c[name] for name in ("column_id", "kind", "value", "span", "creator")),
    unique=True,
    postgresql_where=sa.text(_OF_PIPELINE.format("span")),
)

#: Which runs have made or found a draft.
run_annotation = sa.Table(
    "datapusher_plus_run_annotation",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey("datapusher_plus_run.id", ondelete="CASCADE"), primary_key=True),
    _annotation(primary_key=True),
    sa.Index("datapusher_plus_run_annotation_annotation", "annotation_id"),
)

vote = sa.Table(
    "datapusher_plus_vote",
    metadata,
    _annotation(primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    #: 1 for it, -1 against it
    sa.Column("vote", sa.SmallInteger, nullable=False),
    _now("at"),
    sa.CheckConstraint("vote IN (-1, 1)", name="datapusher_plus_vote_vote"),
)

#: Which entry of a Data Dictionary was taken from which draft.
accepted = sa.Table(
    "datapusher_plus_accepted",
    metadata,
    _column(primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    _annotation(nullable=True, ondelete="SET NULL"),
    sa.Column("user_id", sa.Text, nullable=False),
    _now("at"),
    sa.Index("datapusher_plus_accepted_annotation", "annotation_id"),
)

#: Readers who asked for a description of a column.
wish = sa.Table(
    "datapusher_plus_wish",
    metadata,
    _column(primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    _now("at"),
)

#: Editors who do not want to be asked about a column for some time.
skip = sa.Table(
    "datapusher_plus_skip",
    metadata,
    _column(primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("until", sa.DateTime(timezone=True), nullable=False),
)

#: The present columns that lack a description, with what decides their order.
queue = sa.Table(
    "datapusher_plus_queue",
    metadata,
    _column(primary_key=True),
    sa.Column("resource_id", sa.Text, nullable=False),
    sa.Column("package_id", sa.Text, nullable=False),
    sa.Column("owner_org", sa.Text),
    sa.Column("private", sa.Boolean, nullable=False),
    #: whether a reader has asked for it
    sa.Column("manual", sa.Boolean, nullable=False, server_default=sa.false()),
    #: open drafts and votes on them
    sa.Column("total", sa.Integer, nullable=False, server_default="0"),
    #: id of the user who has it on the screen, and until when
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_until", sa.DateTime(timezone=True)),
    sa.Index("datapusher_plus_queue_resource", "resource_id"),
)
_RANK = (queue.c.manual.desc(), queue.c.total.desc(), queue.c.column_id)
sa.Index("datapusher_plus_queue_rank", *_RANK)
sa.Index("datapusher_plus_queue_organization", queue.c.owner_org, *_RANK)
sa.Index("datapusher_plus_queue_package", queue.c.package_id, *_RANK)
