"""Mark the runs that undo a load, and keep the load key of the file that they undid.

Revision ID: 7c0b5e83d2a1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7c0b5e83d2a1"
down_revision = "6b1e90d4f7a2"

TABLE = "datapusher_plus_run"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("undo", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column(TABLE, sa.Column("undone_key", sa.Text))


def downgrade() -> None:
    op.drop_column(TABLE, "undone_key")
    op.drop_column(TABLE, "undo")
