"""Keep which sheets, layers or lists the file of a run has.

Revision ID: 6b1e90d4f7a2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "6b1e90d4f7a2"
down_revision = "c8e41d7a6b92"

RUN = "datapusher_plus_run"


def upgrade() -> None:
    op.add_column(RUN, sa.Column("contents", JSONB))


def downgrade() -> None:
    op.drop_column(RUN, "contents")
