"""Allow each draft of the pipeline once.

Revision ID: 9a06d3e58c17
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9a06d3e58c17"
down_revision = "7c41f0b9a2e6"

ANNOTATION = "datapusher_plus_annotation"


def upgrade() -> None:
    op.add_column(ANNOTATION, sa.Column("is_pipeline", sa.Boolean, nullable=False, server_default=sa.false()))
    for form, keys in (("value", ""), ("span", ", span")):
        op.execute(
            f"CREATE UNIQUE INDEX {ANNOTATION}_{form}_key ON {ANNOTATION} (column_id, kind, value{keys}, creator) "
            f"WHERE NOT structural AND form = '{form}' AND is_pipeline"
        )


def downgrade() -> None:
    for form in ("span", "value"):
        op.drop_index(f"{ANNOTATION}_{form}_key", ANNOTATION)
    op.drop_column(ANNOTATION, "is_pipeline")
