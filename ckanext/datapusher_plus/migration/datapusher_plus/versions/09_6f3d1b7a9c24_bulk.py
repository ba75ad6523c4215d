"""Note which requests come from commands, so that they wait for those of people.

Revision ID: 6f3d1b7a9c24
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6f3d1b7a9c24"
down_revision = "e1a7d05c93f4"

TABLE = "datapusher_plus_run"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("bulk", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column(TABLE, "bulk")
