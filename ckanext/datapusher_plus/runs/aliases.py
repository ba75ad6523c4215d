"""The aliases that tables were given by a template, in CKAN's database; no two tables can have the same."""

from __future__ import annotations

import sqlalchemy as sa
from ckan import model as ckan_model
from sqlalchemy.dialects.postgresql import insert

from ..model import alias
from . import database


def given(resource_id: str) -> dict[str, str]:
    """Return the aliases of a resource's table, by what the template gave."""
    query = sa.select(alias.c.wanted, alias.c.alias).where(alias.c.resource_id == resource_id)
    with database.transaction() as connection:
        return {row.wanted: row.alias for row in connection.execute(query.order_by(alias.c.alias))}


def claim(resource_id: str, name: str, *, wanted: str) -> bool:
    """Note that a name belongs to a resource's table, unless it belongs to that of another resource that exists."""
    resource = ckan_model.resource_table
    exists = sa.exists().where(resource.c.id == alias.c.resource_id, resource.c.state == ckan_model.State.ACTIVE)
    mine = insert(alias).values(alias=name, wanted=wanted, resource_id=resource_id)
    with database.transaction() as connection:
        connection.execute(sa.delete(alias).where(alias.c.alias == name, ~exists))
        claimed = connection.execute(mine.on_conflict_do_nothing().returning(alias.c.alias))
        return claimed.first() is not None


def release(name: str) -> None:
    """Forget an alias that could not be made."""
    with database.transaction() as connection:
        connection.execute(sa.delete(alias).where(alias.c.alias == name))


def forget(resource_id: str) -> None:
    """Forget the aliases of a resource that was deleted."""
    with database.transaction() as connection:
        connection.execute(sa.delete(alias).where(alias.c.resource_id == resource_id))
