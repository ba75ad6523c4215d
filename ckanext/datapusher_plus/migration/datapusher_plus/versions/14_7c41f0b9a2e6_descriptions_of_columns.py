"""Keep the columns of tables, drafts of their descriptions, and the queue of columns without a description.

What DataPusher+ left in the field ``dpp_suggestions`` of datasets about columns becomes drafts, duplicates too; the next
revision merges those. The datasets stay as they are. In alembic's offline mode nothing is taken over.

Revision ID: 7c41f0b9a2e6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ckanext.datapusher_plus.migration import annotations

revision = "7c41f0b9a2e6"
down_revision = "5d8e2b61f0a7"

TABLES = """
CREATE TABLE datapusher_plus_column (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id text NOT NULL,
    name text NOT NULL,
    heading text NOT NULL DEFAULT '',
    position integer NOT NULL,
    pg_type text NOT NULL,
    present boolean NOT NULL DEFAULT true,
    has_label boolean NOT NULL DEFAULT false,
    has_notes boolean NOT NULL DEFAULT false,
    said bytea,
    seen_run text,
    seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT datapusher_plus_column_name UNIQUE (resource_id, name)
);
CREATE INDEX datapusher_plus_column_labelled ON datapusher_plus_column (name) WHERE present AND has_label;
CREATE TABLE datapusher_plus_dirty (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX datapusher_plus_dirty_resource ON datapusher_plus_dirty (resource_id);
CREATE TABLE datapusher_plus_annotation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id text NOT NULL,
    column_id bigint NOT NULL REFERENCES datapusher_plus_column ON DELETE CASCADE,
    kind text NOT NULL,
    form text NOT NULL,
    value jsonb NOT NULL,
    span jsonb NOT NULL DEFAULT '{}',
    evidence jsonb NOT NULL DEFAULT '{}',
    confidence real,
    creator text NOT NULL,
    structural boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'open',
    superseded_by bigint REFERENCES datapusher_plus_annotation ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT datapusher_plus_annotation_kind
        CHECK (kind IN ('label', 'notes', 'unit', 'semantic_type', 'pii', 'codes')),
    CONSTRAINT datapusher_plus_annotation_form CHECK (form IN ('value', 'span')),
    CONSTRAINT datapusher_plus_annotation_state CHECK (state IN ('open', 'accepted', 'rejected', 'superseded')),
    CONSTRAINT datapusher_plus_annotation_value_size CHECK (octet_length(value::text) <= 2000),
    CONSTRAINT datapusher_plus_annotation_span_size CHECK (octet_length(span::text) <= 200)
);
CREATE INDEX datapusher_plus_annotation_resource ON datapusher_plus_annotation (resource_id);
CREATE INDEX datapusher_plus_annotation_column ON datapusher_plus_annotation (column_id);
CREATE INDEX datapusher_plus_annotation_superseded
    ON datapusher_plus_annotation (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE TABLE datapusher_plus_run_annotation (
    run_id text REFERENCES datapusher_plus_run ON DELETE CASCADE,
    annotation_id bigint REFERENCES datapusher_plus_annotation ON DELETE CASCADE,
    PRIMARY KEY (run_id, annotation_id)
);
CREATE INDEX datapusher_plus_run_annotation_annotation ON datapusher_plus_run_annotation (annotation_id);
CREATE TABLE datapusher_plus_vote (
    annotation_id bigint REFERENCES datapusher_plus_annotation ON DELETE CASCADE,
    user_id text,
    vote smallint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (annotation_id, user_id),
    CONSTRAINT datapusher_plus_vote_vote CHECK (vote IN (-1, 1))
);
CREATE TABLE datapusher_plus_accepted (
    column_id bigint REFERENCES datapusher_plus_column ON DELETE CASCADE,
    key text,
    annotation_id bigint REFERENCES datapusher_plus_annotation ON DELETE SET NULL,
    user_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (column_id, key)
);
CREATE INDEX datapusher_plus_accepted_annotation ON datapusher_plus_accepted (annotation_id);
CREATE TABLE datapusher_plus_wish (
    column_id bigint REFERENCES datapusher_plus_column ON DELETE CASCADE,
    user_id text,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (column_id, user_id)
);
CREATE TABLE datapusher_plus_skip (
    column_id bigint REFERENCES datapusher_plus_column ON DELETE CASCADE,
    user_id text,
    until timestamptz NOT NULL,
    PRIMARY KEY (column_id, user_id)
);
CREATE TABLE datapusher_plus_queue (
    column_id bigint PRIMARY KEY REFERENCES datapusher_plus_column ON DELETE CASCADE,
    resource_id text NOT NULL,
    package_id text NOT NULL,
    owner_org text,
    private boolean NOT NULL,
    manual boolean NOT NULL DEFAULT false,
    total integer NOT NULL DEFAULT 0,
    claimed_by text,
    claimed_until timestamptz
);
CREATE INDEX datapusher_plus_queue_resource ON datapusher_plus_queue (resource_id);
CREATE INDEX datapusher_plus_queue_rank ON datapusher_plus_queue (manual DESC, total DESC, column_id);
CREATE INDEX datapusher_plus_queue_organization
    ON datapusher_plus_queue (owner_org, manual DESC, total DESC, column_id);
CREATE INDEX datapusher_plus_queue_package
    ON datapusher_plus_queue (package_id, manual DESC, total DESC, column_id);
"""
#: in the order in which they can be dropped
NAMES = ("queue", "skip", "wish", "accepted", "vote", "run_annotation", "annotation", "dirty", "column")


def upgrade() -> None:
    op.execute(sa.text(TABLES.replace(":", r"\:")))
    if not op.get_context().as_sql:
        annotations.import_left_behind(op.get_bind())


def downgrade() -> None:
    for name in NAMES:
        op.drop_table(f"datapusher_plus_{name}")
