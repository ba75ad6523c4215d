"""The datasets whose columns a user may describe, by CKAN's rules, as lists for a query.

This makes queries fast and decides nothing: plugins may refuse more, so the chosen column is checked by CKAN too.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from ckan import authz

#: Key of the queue for datasets without an organization.
UNOWNED = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a user may edit."""

    #: whether the user is a sysadmin; the lists are empty then
    everything: bool = False
    #: ids of organizations, and `UNOWNED`
    organizations: tuple[str, ...] = ()
    #: ids of datasets of which the user is a collaborator
    packages: tuple[str, ...] = ()

    def covers(self, owner_org: str | None, package_id: str) -> bool:
        """Return whether a dataset is among these."""
        return self.everything or (owner_org or UNOWNED) in self.organizations or package_id in self.packages


_ORGANIZATIONS = """
SELECT m.group_id, m.capacity FROM member AS m JOIN "group" AS g ON g.id = m.group_id AND g.state = 'active'
WHERE m.table_name = 'user' AND m.state = 'active' AND m.table_id = :user AND m.capacity = ANY (:roles)
"""

# a child has its parent as a member of type group; the depth ends a loop, which CKAN does not forbid
_CHILDREN = """
WITH RECURSIVE below (id) AS (
    SELECT unnest(CAST(:parents AS text[]))
    UNION
    SELECT m.group_id FROM below JOIN member AS m
        ON m.table_id = below.id AND m.table_name = 'group' AND m.state = 'active'
)
SELECT id FROM below
"""

_COLLABORATOR = "SELECT package_id FROM package_member WHERE user_id = :user AND capacity IN ('admin', 'editor')"


def of_user(connection: sa.Connection, user_id: str, *, sysadmin: bool) -> Scope:
    """Return where a user may edit."""
    if sysadmin:
        return Scope(everything=True)
    organizations = _organizations(connection, user_id)
    if _may_edit_unowned(connection, user_id):
        organizations.append(UNOWNED)
    packages: tuple[str, ...] = ()
    if authz.check_config_permission("allow_dataset_collaborators"):
        packages = tuple(connection.execute(sa.text(_COLLABORATOR), {"user": user_id}).scalars())
    return Scope(organizations=tuple(organizations), packages=packages)


def _organizations(connection: sa.Connection, user_id: str) -> list[str]:
    roles = authz.get_roles_with_permission("update_dataset")
    found = connection.execute(sa.text(_ORGANIZATIONS), {"user": user_id, "roles": roles}).all()
    cascading = authz.check_config_permission("roles_that_cascade_to_sub_groups")
    names = cascading if isinstance(cascading, (list, tuple)) else str(cascading or "").split()
    own = {row.group_id for row in found}
    parents = [row.group_id for row in found if row.capacity in names]
    if parents:
        own.update(connection.execute(sa.text(_CHILDREN), {"parents": parents}).scalars())
    return sorted(own)


def _may_edit_unowned(connection: sa.Connection, user_id: str) -> bool:
    """Return whether the user may edit datasets without organization, as CKAN's ``package_update`` decides it."""
    both = ("create_dataset_if_not_in_organization", "create_unowned_dataset")
    if all(authz.check_config_permission(each) for each in both):
        return True
    roles = authz.get_roles_with_permission("create_dataset")
    some = connection.execute(sa.text(_ORGANIZATIONS + " LIMIT 1"), {"user": user_id, "roles": roles})
    return some.first() is not None
