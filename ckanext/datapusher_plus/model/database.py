"""Transactions of the plugin on CKAN's database, independent of any SQLAlchemy session."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa
from ckan import model as ckan_model


def transaction() -> AbstractContextManager[sa.Connection]:
    """Begin a transaction that commits at the end of the block, and rolls back on an exception."""
    return ckan_model.ensure_engine().begin()


def server_time() -> datetime:
    """Return the present time by PostgreSQL's clock, which orders runs and what is made after them."""
    with transaction() as connection:
        return connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
