"""Texts of runs as keys and values beside their English, so that pages can show them in other languages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "4f7a90c2e8d3"
down_revision = "4e2d9c7f1b83"
branch_labels = None
depends_on = None

_TABLES = ("datapusher_plus_run", "datapusher_plus_log")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("said", JSONB(none_as_null=True)))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "said")
