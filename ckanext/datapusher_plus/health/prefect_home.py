"""Checks of Prefect's data folder, which holds the database of a Prefect server that a worker starts."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from prefect.settings import PREFECT_API_URL, PREFECT_HOME

from ..prefect_server import server
from ..settings import current
from . import folders, workers
from .finding import Verdict, fail, ok, warn
from .wording import account, listed, user

_CONFIGURED = "A Prefect server is configured, so none is started here."


def folder() -> Path:
    """Return the folder that the environment variable ``PREFECT_HOME`` names."""
    return PREFECT_HOME.value().expanduser().absolute()


def writable() -> Verdict:
    """Check that a worker can start its own Prefect server on this machine, if none is configured."""
    if _is_configured():
        return ok(_CONFIGURED)
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


def shared() -> Verdict:
    """Check that the workers of this machine share one Prefect server, if none is configured."""
    if _is_configured():
        return ok(_CONFIGURED)
    try:
        marks = [mark for mark in workers.seen() if mark.host == socket.gethostname() and mark.prefect_api_url]
    except PermissionError:
        return warn(f"Not known, for user {user()} may not look into the stash folder.", "Ask as the workers' user.")
    # a worker's mark stays for some minutes after the worker has ended
    alive = [url for url in sorted({mark.prefect_api_url for mark in marks}) if server.answers(url)]
    if len(alive) > 1:
        return warn(
            f"Workers of this machine use {len(alive)} Prefect servers: {listed(alive)}.",
            "Start all workers with the same PREFECT_HOME, or name one server in prefect_api_url.",
        )
    return ok(
        "The workers of this machine share one Prefect server." if alive else "No Prefect server of a worker runs."
    )


def _is_configured() -> bool:
    return bool(current().prefect_api_url or PREFECT_API_URL.value())
