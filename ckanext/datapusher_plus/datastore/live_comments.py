"""Read comments of columns through CKAN's own pool of connections: a new connection takes longer than the question."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from ckanext.datastore.backend.postgres import get_read_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from ..core.errors import DatastoreGone, DatastoreRefused

_COMMENTS = sa.text("""
SELECT c.relname::text AS resource, col_description(c.oid, a.attnum) AS comment
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = :name
WHERE c.relname = ANY (CAST(:resources AS name[])) AND c.relnamespace = 'public'::regnamespace
    AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
""")


def comments(name: str, resource_ids: Collection[str]) -> dict[str, str | None]:
    """Return the raw comment of the column ``name`` in each of the tables that have such a column, by table.

    :raises DatastoreGone, DatastoreRefused: when the datastore does not answer.
    """
    try:
        with get_read_engine().connect() as connection:
            rows = connection.execute(_COMMENTS, {"name": name, "resources": list(resource_ids)}).all()
    except OperationalError as error:
        raise DatastoreGone("no connection") from error
    except DBAPIError as error:
        raise DatastoreRefused(type(error.orig).__name__) from error
    return {row.resource: row.comment for row in rows}
