"""Collect the planner's statistics, which a new table does not have."""

from __future__ import annotations

import psycopg
from psycopg import sql

from ..core.sampling import statistics_target
from . import ddl

_COLUMNS = "SELECT count(*) FROM pg_attribute WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped"
#: The planner decides by their statistics whether an index is worth it.
_INDEXED = """
    SELECT DISTINCT a.attname::text FROM pg_index AS i
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = {}::regclass
"""
_AT_MOST = "SELECT set_config('default_statistics_target', least(current_setting('default_statistics_target')::int, {})"


def analyze(connection: psycopg.Connection, table: str) -> None:
    """Collect the statistics; for a very wide table those of columns without an index from fewer rows.

    Of the widest tables only the columns with an index get them here. Autovacuum makes the others: for PostgreSQL, a
    table is analysed only when all of its columns are.
    """
    whole = sql.SQL("ANALYZE {}").format(ddl.public(table))
    name = sql.Literal(ddl.public(table).as_string(connection))
    ((columns,),) = connection.execute(sql.SQL(_COLUMNS).format(name)).fetchall()
    target = statistics_target(columns)
    if target is None:
        connection.execute(whole)
        return
    if target > 0:
        with connection.transaction():
            connection.execute(sql.SQL(_AT_MOST + "::text, true)").format(sql.Literal(target)))
            connection.execute(whole)
    indexed = connection.execute(sql.SQL(_INDEXED).format(name)).fetchall()
    if indexed:
        names = sql.SQL(", ").join(sql.Identifier(column) for (column,) in indexed)
        connection.execute(sql.SQL("{} ({})").format(whole, names))
