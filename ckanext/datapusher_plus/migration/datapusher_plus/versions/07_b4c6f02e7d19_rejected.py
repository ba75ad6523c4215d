"""Tell how many rows of a file were left out of its table.

Revision ID: b4c6f02e7d19
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "b4c6f02e7d19"
down_revision = "8d1f4a7c2b60"

TABLE = "datapusher_plus_run"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("rejected", JSONB))


def downgrade() -> None:
    op.drop_column(TABLE, "rejected")
