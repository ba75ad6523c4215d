"""Keep how a file was read, and which columns were probably renamed.

Revision ID: e1a7d05c93f4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "e1a7d05c93f4"
down_revision = "b4c6f02e7d19"

TABLE = "datapusher_plus_run"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("read_as", JSONB))
    op.add_column(TABLE, sa.Column("renamed", JSONB))


def downgrade() -> None:
    op.drop_column(TABLE, "renamed")
    op.drop_column(TABLE, "read_as")
