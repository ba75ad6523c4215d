"""Replace all rows of a small table at once: readers see the old rows or the new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from . import connect, ddl


def replace_rows(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Replace the rows of a table that CKAN made, in one transaction."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    places = sql.SQL(", ").join(sql.Placeholder() * len(columns))
    with connect.connect("datapusher_plus statistics") as connection:
        connection.execute(sql.SQL("DELETE FROM {}").format(ddl.public(table)))
        insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(ddl.public(table), names, places)
        with connection.cursor() as cursor:
            cursor.executemany(insert, rows)
