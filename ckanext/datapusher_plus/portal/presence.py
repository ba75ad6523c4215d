"""Whether CKAN still has a resource, as its database says, apart from any session."""

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
    """What CKAN's database says about a resource."""

    ACTIVE = "active"
    #: its dataset was deleted, and may be restored with its resources
    IN_TRASH = "its dataset is deleted"
    DELETED = "deleted"
    #: purged, or never committed
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A resource as CKAN's database has it."""

    presence: Presence
    #: ``datastore_active``: whether CKAN shows a table
    flag: bool = False

    @property
    def gone(self) -> bool:
        """Tell whether nobody but an editor of deleted datasets may see the resource."""
        return self.presence is not Presence.ACTIVE


def standings(resource_ids: Iterable[str], connection: sa.Connection | None = None) -> dict[str, Standing]:
    """Return the standing of each resource.

    :param connection: an open transaction on CKAN's database to ask in, instead of one of its own.
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
    """Return whether CKAN has the resource now."""
    return standings([resource_id], connection)[resource_id].presence


def is_gone(resource_id: str, connection: sa.Connection | None = None) -> bool:
    """Tell whether the resource or its dataset is deleted, or purged."""
    return presence(resource_id, connection) is not Presence.ACTIVE


def refuse_gone(resource_id: str) -> None:
    """Do nothing for a resource that CKAN has.

    :raises ResourceGone: when it or its dataset is deleted, or purged.
    """
    if is_gone(resource_id):
        raise ResourceGone(resource_id)


def clear_flag(resource_id: str) -> None:
    """Note at a deleted resource that it has no table, should somebody restore it; no action of CKAN can do that."""
    resource = model.resource_table
    with model.ensure_engine().begin() as connection:
        connection.execute(sa.text(f"SET LOCAL lock_timeout = '{waits.CKAN_ROW_LOCK}s'"))
        query = sa.select(resource.c.extras, resource.c.state).where(resource.c.id == resource_id).with_for_update()
        found = connection.execute(query).first()
        if found is None or not (found.extras or {}).get("datastore_active"):
            return
        extras = {**found.extras, "datastore_active": False}
        connection.execute(sa.update(resource).where(resource.c.id == resource_id).values(extras=extras))
