"""First revision of DataPusher+ 1 to 3, which made tables named ``jobs``, ``metadata`` and ``logs``.

Nothing is made here: those names belong to nobody in CKAN's shared database. The revision stays in the chain because
a database that DataPusher+ left behind is stamped with it, and 05 takes over what such a database holds.

Revision ID: e9c4a88839c8
"""

from __future__ import annotations

from alembic import op

revision = "e9c4a88839c8"
down_revision = None


def upgrade() -> None:
    # Who comes by here never had DataPusher+: a table named `jobs` is somebody else's then.
    config = op.get_context().config
    if config is not None:
        config.attributes["datapusher_plus_was_here"] = False


def downgrade() -> None:
    pass
