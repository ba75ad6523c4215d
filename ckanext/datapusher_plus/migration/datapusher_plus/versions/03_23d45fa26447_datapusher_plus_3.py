"""Third and last revision of DataPusher+ 3 (see 01): a column of its own table, nothing to do here.

Revision ID: 23d45fa26447
"""

from __future__ import annotations

revision = "23d45fa26447"
down_revision = "201f7ead1850"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
