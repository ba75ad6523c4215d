"""Second revision of DataPusher+ 2 and 3 (see 01): columns of its own tables, nothing to do here.

Revision ID: 201f7ead1850
"""

from __future__ import annotations

revision = "201f7ead1850"
down_revision = "e9c4a88839c8"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
