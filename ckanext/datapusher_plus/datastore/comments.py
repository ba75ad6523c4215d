"""Read the comments of single columns, of many tables by one query."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from ckanext.datastore.backend.postgres import get_read_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from ..core.errors import DatastoreGone, DatastoreRefused
from ..core.message import say
from . import connect

# Type name: a comparison with text would not use the catalog's indexes. A subquery for each column: after many tables
# were created, PostgreSQL knows too little of its own catalog to plan a join of all of them.
_COMMENTS = """
SELECT w.name::text, w.attribute::text, (
    SELECT col_description(a.attrelid, a.attnum) FROM pg_attribute AS a
    WHERE a.attrelid = t.oid AND a.attname = w.attribute AND a.attnum > 0 AND NOT a.attisdropped)
FROM unnest(%s::name[], %s::name[]) AS w (name, attribute)
JOIN (
    SELECT c.relname, c.oid FROM pg_class AS c
    WHERE c.relname = ANY (%s::name[]) AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
) AS t ON t.relname = w.name
"""

_OF_ONE_NAME = sa.text("""
SELECT c.relname::text AS resource, col_description(c.oid, a.attnum) AS comment
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = :name
WHERE c.relname = ANY (CAST(:resources AS name[])) AND c.relnamespace = 'public'::regnamespace
    AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
""")


def of_columns(wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the raw comments of columns, by table and column; those that have none are left out."""
    tables, names = [table for table, _ in wanted], [name for _, name in wanted]
    with connect.connect() as connection:
        found = connection.execute(_COMMENTS, [tables, names, sorted(set(tables))]).fetchall()
    return {(table, name): comment for table, name, comment in found if comment is not None}


def of_name(name: str, resource_ids: Collection[str]) -> dict[str, str | None]:
    """Return the raw comment of the column ``name`` in each of the tables that have such a column, by table.

    This uses CKAN's own pool, because a new connection takes longer than the question.

    :raises DatastoreGone, DatastoreRefused: when the datastore does not answer.
    """
    try:
        with get_read_engine().connect() as connection:
            rows = connection.execute(_OF_ONE_NAME, {"name": name, "resources": list(resource_ids)}).all()
    except OperationalError as error:
        raise DatastoreGone(say("no connection")) from error
    except DBAPIError as error:
        raise DatastoreRefused(type(error.orig).__name__) from error
    return {row.resource: row.comment for row in rows}
