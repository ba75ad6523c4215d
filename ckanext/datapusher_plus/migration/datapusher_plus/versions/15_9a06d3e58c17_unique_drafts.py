"""Allow each draft of the pipeline once.

Deployment: stop all workers first. The migration ends with a sentence while a load is running, because an old worker
could add a duplicate after the duplicates were removed. Web processes may go on. It can be run again after a failure.

This is not one transaction: CREATE INDEX CONCURRENTLY cannot run in one, groups of duplicates that are merged stay
merged when a later one fails, and the link tables are not locked for the whole time.

Downgrading drops the indexes and the flag. Merged duplicates stay merged: nothing of them is lost.
In alembic's offline mode duplicates are not merged; there are none unless drafts were made with revision 14 alone.

Revision ID: 9a06d3e58c17
"""

from __future__ import annotations

from alembic import op

from ckanext.datapusher_plus.migration import annotations

revision = "9a06d3e58c17"
down_revision = "7c41f0b9a2e6"

ANNOTATION = "datapusher_plus_annotation"
OFFLINE = """
ALTER TABLE datapusher_plus_annotation ADD COLUMN is_pipeline boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX datapusher_plus_annotation_value_key ON datapusher_plus_annotation
    (column_id, kind, value, creator) WHERE NOT structural AND form = 'value' AND is_pipeline;
CREATE UNIQUE INDEX datapusher_plus_annotation_span_key ON datapusher_plus_annotation
    (column_id, kind, value, span, creator) WHERE NOT structural AND form = 'span' AND is_pipeline;
"""


def upgrade() -> None:
    if op.get_context().as_sql:
        op.execute(OFFLINE)
        return
    bind = op.get_bind()
    annotations.refuse_while_running(bind)
    annotations.add_flag(bind)
    annotations.backfill(bind)
    # this commits what is done so far
    with op.get_context().autocommit_block():
        annotations.dedup(bind.engine)
        for form in ("value", "span"):
            annotations.create_index(bind, form)
        annotations.analyze(bind)


def downgrade() -> None:
    for form in ("span", "value"):
        op.drop_index(f"{ANNOTATION}_{form}_key", ANNOTATION)
    op.drop_column(ANNOTATION, "is_pipeline")
