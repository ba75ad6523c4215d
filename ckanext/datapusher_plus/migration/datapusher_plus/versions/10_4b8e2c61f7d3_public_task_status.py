"""Leave nothing of a file in ``task_status``, which anybody may read who knows the id of a resource.

Errors of earlier loads quote values; DataPusher+ wrote keys of its jobs there. The runs keep the whole sentences.

Revision ID: 4b8e2c61f7d3
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "4b8e2c61f7d3"
down_revision = "6f3d1b7a9c24"

SEE = "The load ended in an error. Whoever may edit the resource finds more on its DataStore tab, and can load it again."
FORGET_ERRORS = """
UPDATE task_status SET error = :error
WHERE task_type = 'datapusher_plus' AND coalesce(error, '') NOT IN ('', '{}', 'null')
"""
FORGET_KEYS = "UPDATE task_status SET value = '{}' WHERE task_type = 'datapusher_plus' AND value LIKE '%job_key%'"


def upgrade() -> None:
    bind = op.get_bind()
    # a script for another database has no table to look at
    if op.get_context().as_sql or not sa.inspect(bind).has_table("task_status"):
        return
    bind.execute(sa.text(FORGET_ERRORS), {"error": json.dumps({"message": SEE})})
    bind.execute(sa.text(FORGET_KEYS))


def downgrade() -> None:
    """Do nothing: what was removed is in the rows of runs."""
