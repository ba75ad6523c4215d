"""What the actions answer before the plugin's migrations are applied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ckan.plugins import toolkit as tk
from sqlalchemy.exc import ProgrammingError

from ..runs.database import NOT_MIGRATED, lacks_tables

#: The key under which a refusal says so.
UNMIGRATED = "datapusher_plus"


@contextmanager
def migrated() -> Iterator[None]:
    """Refuse a request that needs tables which are not there; without this the answer is an internal error.

    :raises ckan.plugins.toolkit.ValidationError: with the command that makes the tables.
    """
    try:
        yield
    except ProgrammingError as error:
        if not lacks_tables(error):
            raise
        raise tk.ValidationError({UNMIGRATED: [NOT_MIGRATED]}) from error
