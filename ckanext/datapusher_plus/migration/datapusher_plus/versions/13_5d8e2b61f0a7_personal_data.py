"""Keep which columns of a table seem to hold personal data, and the reviews of such files.

Revision ID: 5d8e2b61f0a7
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "5d8e2b61f0a7"
down_revision = "3e8c5d02b7f1"

RUN = "datapusher_plus_run"
REVIEW = "datapusher_plus_review"


def upgrade() -> None:
    op.add_column(RUN, sa.Column("personal", JSONB))
    op.create_table(
        REVIEW,
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("file_hash", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("found", JSONB, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text),
        sa.Column("note", sa.Text),
    )
    op.create_index("datapusher_plus_review_run", REVIEW, ["run_id"])


def downgrade() -> None:
    # runs of states that older code does not know
    op.execute(f"UPDATE {RUN} SET state = 'cancelled' WHERE state IN ('waiting_for_review', 'rejected')")
    op.drop_table(REVIEW)
    op.drop_column(RUN, "personal")
