"""Other names of tables: views, as CKAN makes them."""

from __future__ import annotations

import psycopg
from psycopg import errors

from . import catalog, dependent_views, swap
from .table_facts import View

#: Seconds to wait for the table; a load never waits long for a name.
_PATIENCE = 5


def make(connection: psycopg.Connection, table: str, name: str) -> bool:
    """Give a table another name if nothing else has it, and return whether the table has the name now."""
    facts = catalog.describe(connection, table)
    if facts is None:
        return False
    if any(view.alias and view.schema == "public" and view.name == name for view in facts.views):
        return True
    try:
        with connection.transaction():
            swap.set_lock_timeout(connection, _PATIENCE)
            view = View(schema="public", name=name, query="", alias=True)
            return not dependent_views.make_where_free(connection, [view], table)
    except (errors.DuplicateTable, errors.DuplicateObject, errors.UniqueViolation):
        # somebody else made it at this moment
        return False
