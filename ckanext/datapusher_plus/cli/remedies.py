"""Error messages of commands when the plugin is not fully installed: what is missing and what to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from ckan.plugins import toolkit as tk
from sqlalchemy.exc import ProgrammingError

from ..logic.migrated import UNMIGRATED
from ..runs.database import NOT_MIGRATED, lacks_tables

INSTALL = "Run, in a clone of the plugin: pip install -c constraints.txt '.[worker]'"


@contextmanager
def remedies() -> Iterator[None]:
    """Replace the traceback of a missing package or migration by one sentence.

    :raises click.ClickException: when a package or migration is missing; names the command to run.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("ckanext.datapusher_plus"):
            raise
        raise click.ClickException(f"The Python package {error.name} is not installed here. {INSTALL}") from error
    except ProgrammingError as error:
        if not lacks_tables(error):
            raise
        raise click.ClickException(NOT_MIGRATED) from error
    except tk.ValidationError as error:
        if UNMIGRATED not in error.error_dict:
            raise
        raise click.ClickException(NOT_MIGRATED) from error
