"""Read the comments of single columns of many tables by one query."""

from __future__ import annotations

from collections.abc import Sequence

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


def of_columns(wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the raw comments of columns, by table and column; those that have none are left out."""
    tables, names = [table for table, _ in wanted], [name for _, name in wanted]
    with connect.connect() as connection:
        found = connection.execute(_COMMENTS, [tables, names, sorted(set(tables))]).fetchall()
    return {(table, name): comment for table, name, comment in found if comment is not None}
