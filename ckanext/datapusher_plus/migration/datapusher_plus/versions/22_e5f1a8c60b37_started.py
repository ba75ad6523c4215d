"""Index when runs began: before each run, those of the last hour are counted.

Revision ID: e5f1a8c60b37
"""

from __future__ import annotations

from alembic import op

revision = "e5f1a8c60b37"
down_revision = "7c0b5e83d2a1"

TABLE = "datapusher_plus_run"
INDEX = "datapusher_plus_run_started"


def upgrade() -> None:
    op.create_index(INDEX, TABLE, ["started_at", "resource_id"])


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
