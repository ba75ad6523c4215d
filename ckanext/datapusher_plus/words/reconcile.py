"""Compare the registry of columns with all tables, and make the queue anew."""

from __future__ import annotations

import sqlalchemy as sa

from ..core.dictionary.described import digest
from ..datastore import catalog, connect
from ..model.database import transaction
from ..model.words import column as table
from . import queue, registry

_GONE = sa.text("""
SELECT DISTINCT c.resource_id FROM datapusher_plus_column AS c LEFT JOIN resource AS r ON r.id = c.resource_id
WHERE r.id IS NULL OR r.state = 'deleted'
""")


def reconcile() -> int:
    """Bring registry and queue up to date with all tables, and return how many resources were out of date."""
    with connect.connect(autocommit=True) as datastore:
        live = catalog.columns_of_resources(datastore)
    with transaction() as connection:
        gone = list(connection.execute(_GONE).scalars())
        for resource_id in gone:
            registry.forget(connection, resource_id)
        known: dict[str, set[tuple[str, str, bytes]]] = {}
        for row in connection.execute(sa.select(table).where(table.c.present)):
            known.setdefault(row.resource_id, set()).add((row.name, row.pg_type, bytes(row.said or b"")))
    marks = registry.marked(older_than=0)
    wrong = [
        resource_id
        for resource_id in sorted({*live, *known, *marks} - {*gone})
        if marks.get(resource_id) or known.get(resource_id, set()) != _seen(live.get(resource_id, ()))
    ]
    for resource_id in wrong:
        registry.refresh(resource_id, marks=marks.get(resource_id, ()))
    queue.reconcile()
    return len(wrong) + len(gone)


def _seen(columns: catalog.Columns) -> set[tuple[str, str, bytes]]:
    return {(column.name, column.type, digest(column.comment)) for column in columns}
