"""Keep the fields that a load sets on its resource, and the aliases that tables were given by a template.

Revision ID: 3e8c5d02b7f1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "3e8c5d02b7f1"
down_revision = "d3b9527f60ae"

RUN = "datapusher_plus_run"
ALIAS = "datapusher_plus_alias"


def upgrade() -> None:
    op.add_column(RUN, sa.Column("fields", JSONB))
    op.create_table(
        ALIAS,
        sa.Column("alias", sa.Text, primary_key=True),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("resource_id", sa.Text, nullable=False),
    )
    op.create_index(f"{ALIAS}_resource", ALIAS, ["resource_id"])


def downgrade() -> None:
    op.drop_table(ALIAS)
    op.drop_column(RUN, "fields")
