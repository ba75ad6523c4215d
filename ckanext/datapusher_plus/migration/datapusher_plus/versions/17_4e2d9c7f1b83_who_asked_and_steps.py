"""Keep who asked for a run, its file and its steps, and the wish to cancel it.

Revision ID: 4e2d9c7f1b83
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "4e2d9c7f1b83"
down_revision = "b3f7215e90d4"

TABLE = "datapusher_plus_run"
ADDED = (
    ("asked_by", sa.Text),
    ("asked_via", sa.Text),
    ("file", JSONB),
    ("steps", JSONB),
    ("cancel_asked_at", sa.DateTime(timezone=True)),
    ("cancel_asked_by", sa.Text),
)


def upgrade() -> None:
    for name, kind in ADDED:
        op.add_column(TABLE, sa.Column(name, kind))


def downgrade() -> None:
    for name, _ in ADDED:
        op.drop_column(TABLE, name)
