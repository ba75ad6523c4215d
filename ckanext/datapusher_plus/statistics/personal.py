"""Which columns of a table the Data Dictionary marks as personal data."""

from __future__ import annotations

from ..core.dictionary.personal import is_personal
from ..datastore import catalog, connect


def marked(resource_id: str) -> frozenset[str]:
    """Return the names of the columns that are marked as personal data now; empty when there is no table."""
    with connect.connect() as connection:
        columns = catalog.columns(connection, resource_id)
    return frozenset(column.name for column in columns if is_personal(column.comment))
