"""Short transactions of our own on CKAN's database, apart from any session."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timezone

import sqlalchemy as sa
from ckan import model as ckan_model


def transaction() -> AbstractContextManager[sa.Connection]:
    """Begin a transaction that commits when the block ends well."""
    return ckan_model.ensure_engine().begin()


def now() -> datetime:
    """Return the present moment, with its zone."""
    return datetime.now(timezone.utc)
