"""Read the comments of single columns of many tables by one query."""

from __future__ import annotations

from collections.abc import Sequence

from . import connect

_COMMENTS = """
SELECT w.name, w.attribute, d.description
FROM unnest(%s::text[], %s::text[]) AS w (name, attribute)
JOIN pg_class AS c ON c.relname = w.name AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = w.attribute AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_description AS d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
"""


def of_columns(wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the raw comments of columns, by table and column; those that have none are left out."""
    tables, names = [table for table, _ in wanted], [name for _, name in wanted]
    with connect.connect() as connection:
        found = connection.execute(_COMMENTS, [tables, names]).fetchall()
    return {(table, name): comment for table, name, comment in found}
