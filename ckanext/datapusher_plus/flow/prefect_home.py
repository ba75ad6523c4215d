"""The folder that Prefect keeps its data in: a server of our own has its database there."""

from __future__ import annotations

import os
from pathlib import Path

from prefect.settings import PREFECT_API_URL, PREFECT_HOME

from ..health import folders
from ..health.finding import Verdict, fail, ok
from ..health.words import account, user
from ..settings import current


def folder() -> Path:
    """Return the folder that the variable ``PREFECT_HOME`` names."""
    return PREFECT_HOME.value().expanduser().absolute()


def writable() -> Verdict:
    """See that a worker can start a Prefect server of its own here, when none is configured."""
    if current().prefect_api_url or PREFECT_API_URL.value():
        return ok("A Prefect server is configured, so none is started here.")
    home = folder()
    if barred := folders.refused(home, "the variable PREFECT_HOME", synced=False):
        return barred
    foreign = [path for path in sorted(home.glob("prefect.db*")) if not os.access(path, os.R_OK | os.W_OK)]
    if foreign:
        return fail(
            f"User {user()} may not write {foreign[0]}, the database of the Prefect server that a worker starts.",
            f"Run as root: chown -R {account()} {home}",
        )
    return ok(f"User {user()} can keep a Prefect server's data in {home}.")
