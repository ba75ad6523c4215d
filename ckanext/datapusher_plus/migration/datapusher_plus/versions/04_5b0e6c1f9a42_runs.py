"""Make the tables of runs and their log lines.

Revision ID: 5b0e6c1f9a42
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "5b0e6c1f9a42"
down_revision = "23d45fa26447"


def upgrade() -> None:
    op.create_table(
        "datapusher_plus_run",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("resource_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("ignore_hash", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("dry_run", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("dispatched_at", sa.DateTime(timezone=True)),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("flow_run_id", sa.Text),
        sa.Column("worker", sa.Text),
        sa.Column("rows", sa.BigInteger),
        sa.Column("columns", JSONB),
        sa.Column("file_hash", sa.Text),
        sa.Column("load_key", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("error", JSONB),
        sa.Column("progress", JSONB),
        sa.Column("warnings", JSONB),
    )
    op.create_index("datapusher_plus_run_resource", "datapusher_plus_run", ["resource_id", "requested_at"])
    for state in ("queued", "running"):
        op.create_index(
            f"datapusher_plus_run_one_{state}",
            "datapusher_plus_run",
            ["resource_id"],
            unique=True,
            postgresql_where=sa.text(f"state = '{state}'"),
        )
    op.create_table(
        "datapusher_plus_log",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.Text, sa.ForeignKey("datapusher_plus_run.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("datapusher_plus_log_run", "datapusher_plus_log", ["run_id", "id"])


def downgrade() -> None:
    op.drop_table("datapusher_plus_log")
    op.drop_table("datapusher_plus_run")
