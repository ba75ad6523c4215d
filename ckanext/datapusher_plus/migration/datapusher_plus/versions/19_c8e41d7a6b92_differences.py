"""Keep what each load changes, and have reviews of changes beside those of personal data.

Revision ID: c8e41d7a6b92
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "c8e41d7a6b92"
down_revision = "4f7a90c2e8d3"

RUN, REVIEW = "datapusher_plus_run", "datapusher_plus_review"


def upgrade() -> None:
    op.add_column(RUN, sa.Column("difference", JSONB(none_as_null=True)))
    op.add_column(REVIEW, sa.Column("difference", JSONB(none_as_null=True)))
    op.add_column(REVIEW, sa.Column("load_key", sa.Text, nullable=False, server_default=""))
    _key("resource_id", "file_hash", "load_key")


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM datapusher_plus_review WHERE load_key <> ''"))
    _key("resource_id", "file_hash")
    op.drop_column(REVIEW, "load_key")
    op.drop_column(REVIEW, "difference")
    op.drop_column(RUN, "difference")


def _key(*columns: str) -> None:
    op.drop_constraint(f"{REVIEW}_pkey", REVIEW, type_="primary")
    op.create_primary_key(f"{REVIEW}_pkey", REVIEW, list(columns))
