"""The actions' error before the plugin's migrations are applied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ckan.plugins import toolkit as tk
from sqlalchemy.exc import ProgrammingError

from ..runs.database import NOT_MIGRATED, lacks_tables

#: Key of that error in the ``ValidationError``.
UNMIGRATED = "datapusher_plus"


@contextmanager
def migrated() -> Iterator[None]:
    """Replace the internal error of a request that needs missing tables.

    :raises ckan.plugins.toolkit.ValidationError: when the tables are missing or outdated; names the command to run.
    """
    try:
        yield
    except ProgrammingError as error:
        if not lacks_tables(error):
            raise
        raise tk.ValidationError({UNMIGRATED: [NOT_MIGRATED]}) from error
