"""Find the table behind an alias, and read the texts of a small table."""

from __future__ import annotations

import psycopg
from psycopg import sql

_TABLE_OF = """
SELECT DISTINCT dependee.relname
FROM pg_class AS alias
JOIN pg_rewrite ON pg_rewrite.ev_class = alias.oid
JOIN pg_depend ON pg_depend.objid = pg_rewrite.oid AND pg_depend.classid = 'pg_rewrite'::regclass
JOIN pg_class AS dependee ON dependee.oid = pg_depend.refobjid AND dependee.relkind IN ('r', 'p')
WHERE alias.relname = %s AND alias.relkind = 'v' AND alias.relnamespace = 'public'::regnamespace
"""
_FIRST_TEXT = """
SELECT attname FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND atttypid = 'text'::regtype
ORDER BY attnum LIMIT 1
"""


def table_of(connection: psycopg.Connection, alias: str) -> str | None:
    """Return the one table that an alias shows, or None."""
    found = connection.execute(_TABLE_OF, [alias]).fetchall()
    return found[0][0] if len(found) == 1 else None


def first_texts(connection: psycopg.Connection, table: str, *, limit: int, longest: int) -> list[str]:
    """Return the values of a table's first text column in the order of its rows, each cut to ``longest`` characters."""
    name = sql.Identifier(table).as_string(connection)
    column = connection.execute(_FIRST_TEXT, [name]).fetchone()
    if column is None:
        return []
    query = sql.SQL("SELECT left({column}, %s) FROM {table} WHERE {column} IS NOT NULL ORDER BY _id LIMIT %s").format(
        column=sql.Identifier(column[0]), table=sql.Identifier(table)
    )
    return [text for (text,) in connection.execute(query, [longest, limit])]
