"""Summary statistics resources in CKAN: find, create and delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from .resource import context, shown

#: Fields of the resource, as DataPusher+ has them.
MARK, OF = "summary_statistics", "summary_of_resource"


def summary_of(resource_id: str) -> str | None:
    """Return the summary resource of a resource, None when there is none."""
    resource, of = model.resource_table.alias(), model.resource_table.alias()
    same = sa.select(of.c.package_id).where(of.c.id == resource_id).scalar_subquery()
    query = sa.select(resource.c.id, resource.c.extras).where(
        resource.c.state == model.State.ACTIVE, resource.c.package_id == same
    )
    with model.ensure_engine().begin() as connection:
        found = [row.id for row in connection.execute(query) if (row.extras or {}).get(OF) == resource_id]
    return found[0] if found else None


def create_summary(resource_id: str, fields: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
    """Create the summary resource of a resource, with its table.

    :raises ResourceGone: when the resource has been deleted.
    """
    of, dataset = shown(resource_id)
    names = [name for name, _ in fields]
    made = tk.get_action("resource_create")(
        context(),
        {
            "package_id": dataset["id"],
            "name": f"{of.get('name') or resource_id} - Summary Statistics",
            "format": "CSV",
            # CKAN shows the address of the table, and nobody takes it for a file to load
            "url_type": "datastore",
            "url": "_datastore_only_resource",
            MARK: True,
            OF: resource_id,
        },
    )
    try:
        tk.get_action("datastore_create")(
            context(),
            {
                "resource_id": made["id"],
                "force": True,
                "aliases": [f"{resource_id}-stats"],
                "fields": [{"id": name, "type": kind} for name, kind in fields],
                "records": [dict(zip(names, row, strict=True)) for row in rows],
            },
        )
    except tk.ValidationError:
        tk.get_action("resource_delete")(context(), {"id": made["id"]})
        raise


def delete_summary(resource_id: str) -> None:
    """Delete the summary resource of a resource, if there is one."""
    found = summary_of(resource_id)
    if found is not None:
        tk.get_action("resource_delete")(context(), {"id": found})


def orphaned_summaries(limit: int) -> list[str]:
    """Return resources that are gone and whose summary resource is not."""
    summary, of = model.resource_table.alias(), model.resource_table.alias()
    target = sa.cast(summary.c.extras, sa.Text)
    query = sa.select(summary.c.extras).where(summary.c.state == model.State.ACTIVE, target.contains(f'"{OF}"'))
    with model.ensure_engine().begin() as connection:
        ids = {str((extras or {}).get(OF)) for (extras,) in connection.execute(query)} - {"None"}
        there = sa.select(of.c.id).where(of.c.id.in_(ids), of.c.state == model.State.ACTIVE)
        return sorted(ids - set(connection.execute(there).scalars()))[:limit]
