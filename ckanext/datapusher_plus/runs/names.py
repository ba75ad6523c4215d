"""How a run is named for operators: its dataset, resource and organization, as far as anybody may know them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from ckan import model

from ..core.safe_text import page_line
from . import database

#: Most characters of a name; people write them.
_LONGEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a run is about."""

    #: "dataset / resource"; the resource's id if not everybody may see the dataset, or if it has been deleted
    title: str
    #: name of the organization; empty if there is none
    organization: str


def names_of(resource_id: str) -> Names:
    """Return the names of a resource's run."""
    resource, package, group = model.resource_table, model.package_table, model.group_table
    public = ~package.c.private & (package.c.state == model.State.ACTIVE) & (resource.c.state == model.State.ACTIVE)
    query = (
        sa.select(package.c.name, resource.c.name, group.c.name, public)
        .select_from(resource)
        .join(package, package.c.id == resource.c.package_id)
        .outerjoin(group, group.c.id == package.c.owner_org)
        .where(resource.c.id == resource_id)
    )
    with database.transaction() as connection:
        found = connection.execute(query).first()
    if found is None:
        return Names(title=resource_id, organization="")
    dataset, name, organization, seen = found
    title = f"{_short(dataset)} / {_short(name) or resource_id}" if seen else resource_id
    return Names(title=title, organization=_short(organization))


def _short(name: str | None) -> str:
    return page_line(name or "", _LONGEST).strip()
