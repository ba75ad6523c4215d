"""Make the table of the statistics of resources' tables.

Revision ID: d3b9527f60ae
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "d3b9527f60ae"
down_revision = "a41e7c90d5b8"

TABLE = "datapusher_plus_statistics"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text),
        sa.Column("load_key", sa.Text),
        sa.Column("made_at", sa.DateTime(timezone=True)),
        sa.Column("rows", sa.BigInteger),
        sa.Column("columns", JSONB),
        sa.Column("duplicates", sa.BigInteger),
        sa.Column("stale", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("begun_for", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("changed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("personal", JSONB),
        sa.Column("null_words", JSONB),
    )
    op.create_index(
        f"{TABLE}_missing", TABLE, ["resource_id"], postgresql_where=sa.text("run_id IS DISTINCT FROM begun_for")
    )


def downgrade() -> None:
    op.drop_table(TABLE)
