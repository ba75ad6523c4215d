"""Count the tries of a request, and mark runs that CKAN has not been told of.

Revision ID: 8d1f4a7c2b60
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8d1f4a7c2b60"
down_revision = "c27d9e48b6a1"

TABLE = "datapusher_plus_run"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("tries", sa.Integer, nullable=False, server_default="1"))
    op.add_column(TABLE, sa.Column("retry_of", sa.Text))
    op.add_column(TABLE, sa.Column("not_before", sa.DateTime(timezone=True)))
    op.add_column(TABLE, sa.Column("unpublished", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("datapusher_plus_run_unpublished", TABLE, ["resource_id"], postgresql_where=sa.text("unpublished"))


def downgrade() -> None:
    op.drop_index("datapusher_plus_run_unpublished", TABLE)
    for column in ("unpublished", "not_before", "retry_of", "tries"):
        op.drop_column(TABLE, column)
