"""Whether CKAN still has a resource, read from its database without a SQLAlchemy session."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa
from ckan import model

from .. import waits
from ..core.errors import ResourceGone


class Presence(str, Enum):
    """State of a resource in CKAN's database."""

    ACTIVE = "active"
    #: its dataset was deleted, and may be restored with its resources
    IN_TRASH = "its dataset is deleted"
    DELETED = "deleted"
    #: purged, or never committed
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Presence and ``datastore_active`` flag of a resource in CKAN's database."""

    presence: Presence
    #: ``datastore_active``: whether CKAN shows that the resource has a table
    flag: bool = False

    @property
    def gone(self) -> bool:
        """Return whether the resource is deleted, purged, or in a deleted dataset."""
        return self.presence is not Presence.ACTIVE


def standings(resource_ids: Iterable[str], connection: sa.Connection | None = None) -> dict[str, Standing]:
    """Return the standing of each resource, by id.

    :param connection: an open transaction on CKAN's database to read in, instead of a new one.
    """
    resource, package = model.resource_table, model.package_table
    query = (
        sa.select(resource.c.id, resource.c.state, package.c.state.label("package"), resource.c.extras)
        .outerjoin(package, package.c.id == resource.c.package_id)
        .where(resource.c.id.in_(wanted := list(resource_ids)))
    )
    with nullcontext(connection) if connection else model.ensure_engine().begin() as asked:
        found = {row.id: _standing(row) for row in asked.execute(query)}
    return {each: found.get(each, Standing(presence=Presence.UNKNOWN)) for each in wanted}


def _standing(row: sa.Row[tuple[str, str, str | None, dict[str, object] | None]]) -> Standing:
    identity, state, package, extras = row
    del identity
    flag = bool((extras or {}).get("datastore_active"))
    if state == model.State.DELETED:
        return Standing(presence=Presence.DELETED, flag=flag)
    trashed = package is None or package == model.State.DELETED
    return Standing(presence=Presence.IN_TRASH if trashed else Presence.ACTIVE, flag=flag)


def presence(resource_id: str, connection: sa.Connection | None = None) -> Presence:
    """Return the present state of a resource in CKAN's database."""
    return standings([resource_id], connection)[resource_id].presence


def is_gone(resource_id: str, connection: sa.Connection | None = None) -> bool:
    """Return whether the resource or its dataset is deleted or purged."""
    return presence(resource_id, connection) is not Presence.ACTIVE


def refuse_gone(resource_id: str) -> None:
    """Raise an error if CKAN does not have the resource.

    :raises ResourceGone: when the resource or its dataset is deleted or purged.
    """
    if is_gone(resource_id):
        raise ResourceGone(resource_id)


def clear_flag(resource_id: str) -> None:
    """Set ``datastore_active`` of a deleted resource to false, in case somebody restores it.

    CKAN's actions cannot change a deleted resource, so this writes to the database.
    """
    resource = model.resource_table
    with model.ensure_engine().begin() as connection:
        connection.execute(sa.text(f"SET LOCAL lock_timeout = '{waits.CKAN_ROW_LOCK}s'"))
        query = sa.select(resource.c.extras, resource.c.state).where(resource.c.id == resource_id).with_for_update()
        found = connection.execute(query).first()
        if found is None or not (found.extras or {}).get("datastore_active"):
            return
        extras = {**found.extras, "datastore_active": False}
        connection.execute(sa.update(resource).where(resource.c.id == resource_id).values(extras=extras))
