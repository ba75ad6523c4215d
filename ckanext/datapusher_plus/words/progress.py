"""How many columns have a description, by organization and dataset."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..model.database import transaction
from . import queue
from .permissions import Scope

_PROGRESS = """
SELECT p.owner_org, g.name AS organization_name, g.title AS organization_title, p.id, p.name, p.title,
    count(*) AS columns, count(*) FILTER (WHERE NOT ({lacks})) AS described
FROM datapusher_plus_column AS c
JOIN resource AS r ON r.id = c.resource_id AND r.state = 'active'
JOIN package AS p ON p.id = r.package_id AND p.state = 'active'
LEFT JOIN "group" AS g ON g.id = p.owner_org
WHERE c.present AND (:everything OR coalesce(p.owner_org, '') = ANY (CAST(:organizations AS text[]))
    OR p.id = ANY (CAST(:packages AS text[])))
    AND (CAST(:organization AS text) IS NULL OR p.owner_org = :organization)
GROUP BY p.id, g.id ORDER BY g.title, g.id, p.title, p.id
"""


def progress(scope: Scope, organization: str | None = None) -> list[dict[str, Any]]:
    """Return, for each organization, its numbers of columns and of described ones, and those of each dataset.

    :param scope: the datasets that count.
    :param organization: the only organization; datasets without one are left out then.
    """
    values = {
        "everything": scope.everything,
        "organizations": list(scope.organizations),
        "packages": list(scope.packages),
        "organization": organization,
    }
    with transaction() as connection:
        rows = connection.execute(sa.text(_PROGRESS.format(lacks=queue.lacks())), values).mappings().all()
    found: dict[str | None, dict[str, Any]] = {}
    for row in rows:
        names = {"id": row["owner_org"], "name": row["organization_name"], "title": row["organization_title"]}
        each = found.setdefault(
            row["owner_org"],
            {"organization": names if row["owner_org"] else None, "columns": 0, "described": 0, "datasets": []},
        )
        each["columns"] += row["columns"]
        each["described"] += row["described"]
        each["datasets"].append({key: row[key] for key in ("id", "name", "title", "columns", "described")})
    return list(found.values())
