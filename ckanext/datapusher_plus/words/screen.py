"""What an editor needs to describe one column: its place, its statistics, and what others call such a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from ..core.dictionary.comment import is_blank
from ..core.dictionary.model import Column
from ..datastore import comments
from ..model.database import transaction
from . import queue
from .permissions import Scope

#: Keys of the Data Dictionary that an editor is asked for.
KEYS = ("label", "notes", "unit")
#: Most other tables whose column of the same name is shown.
MOST_NEIGHBOURS = 5

_PLACE = sa.text("""
SELECT r.id AS resource_id, r.name AS resource_name, r.format, p.id AS package_id, p.name AS package_name,
    p.title AS package_title, p.private, p.owner_org, g.name AS organization_name, g.title AS organization_title
FROM resource AS r JOIN package AS p ON p.id = r.package_id LEFT JOIN "group" AS g ON g.id = p.owner_org
WHERE r.id = :resource
""")

_NEIGHBOURS = sa.text("""
SELECT c.resource_id, r.name AS resource_name, p.id AS package_id, p.name AS package_name, p.title AS package_title
FROM datapusher_plus_column AS c
JOIN resource AS r ON r.id = c.resource_id AND r.state = 'active'
JOIN package AS p ON p.id = r.package_id AND p.state = 'active'
WHERE c.name = :name AND c.present AND c.has_label AND c.resource_id <> :resource AND p.owner_org = :organization
    AND (NOT p.private OR :everything OR p.owner_org = ANY (CAST(:organizations AS text[]))
        OR p.id = ANY (CAST(:packages AS text[])))
ORDER BY c.id DESC LIMIT :most
""")


def place(connection: sa.Connection, resource_id: str) -> RowMapping | None:
    """Return names of a resource, its dataset and organization, None when CKAN does not have the resource."""
    return connection.execute(_PLACE, {"resource": resource_id}).mappings().one_or_none()


def about(resource_id: str, column_id: int, name: str, scope: Scope) -> dict[str, Any]:
    """Return ``dataset``, ``resource``, ``organization``, ``neighbours`` and ``wishes`` of a column.

    :raises IngestError: when the datastore does not answer.
    """
    with transaction() as connection:
        here = place(connection, resource_id)
        others = _others(connection, resource_id, name, scope, here["owner_org"]) if here else []
        wishes = queue.wishes(connection, column_id)
    return {**_names(dict(here or {})), "neighbours": _described(name, others), "wishes": wishes}


def entries(comment: str | None) -> dict[str, str]:
    """Return the entries of a raw comment that an editor is asked for; each may be empty."""
    info = Column(name="", type="", comment=comment).info
    return {key: "" if is_blank(info.get(key)) else str(info[key]) for key in KEYS}


def _names(here: Mapping[str, Any]) -> dict[str, Any]:
    organization = {key: here.get(f"organization_{key}") for key in ("name", "title")}
    return {
        "dataset": {
            "id": here.get("package_id"),
            "name": here.get("package_name"),
            "title": here.get("package_title"),
            "private": here.get("private"),
        },
        "resource": {"id": here.get("resource_id"), "name": here.get("resource_name"), "format": here.get("format")},
        "organization": {"id": here.get("owner_org"), **organization} if here.get("owner_org") else None,
    }


def _others(
    connection: sa.Connection, resource_id: str, name: str, scope: Scope, organization: str | None
) -> Sequence[RowMapping]:
    if not organization:
        return []
    values = {
        "name": name,
        "resource": resource_id,
        "organization": organization,
        "everything": scope.everything,
        "organizations": list(scope.organizations),
        "packages": list(scope.packages),
        "most": MOST_NEIGHBOURS,
    }
    return connection.execute(_NEIGHBOURS, values).mappings().all()


def _described(name: str, others: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """Return what the columns of other tables are called; their comments are read now, so they are the present ones."""
    if not others:
        return []
    live = comments.of_name(name, [other["resource_id"] for other in others])
    found = [
        {
            "dataset": {"id": other["package_id"], "name": other["package_name"], "title": other["package_title"]},
            "resource": {"id": other["resource_id"], "name": other["resource_name"]},
            **entries(live.get(other["resource_id"])),
        }
        for other in others
    ]
    return [each for each in found if each["label"]]
