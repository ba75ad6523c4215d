"""Make the table of pictures of resources.

Revision ID: b3f7215e90d4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b3f7215e90d4"
down_revision = "9a06d3e58c17"

TABLE = "datapusher_plus_thumbnail"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("label", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, nullable=False, server_default=""),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("size", sa.BigInteger),
        sa.Column("recipe", sa.Text, nullable=False, server_default=""),
        sa.Column("source_hash", sa.Text),
        sa.Column("source_modified", sa.DateTime(timezone=True)),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("failed", sa.Text),
    )
    op.create_index(f"{TABLE}_path", TABLE, ["path"])


def downgrade() -> None:
    op.drop_table(TABLE)
