"""Prepare a process for forking runs: load CKAN, Prefect and the flow, and close connections.

Loading takes seconds, forking milliseconds; so a run starts at once and still has a process of its own.
"""

from __future__ import annotations

import gc
import importlib
import logging

from ckan import model

from ..core.types.notations import DAYS, NUMBERS
from ..portal import app
from ..portal.resource import shown
from . import child

__all__ = ["child", "make_ready", "nothing"]

log = logging.getLogger(__name__)

#: Modules that Prefect and its HTTP client import on first use, which would otherwise be in every run.
_LATE = (
    "anyio._backends._asyncio",
    "prefect.concurrency.services",
    "prefect.task_engine",
    "prefect.utilities.visualization",
)


def make_ready() -> None:
    """Load everything, and do once what is slow only the first time."""
    for module in _LATE:
        importlib.import_module(module)
    app.load()
    _rehearse()
    app.before_fork()
    # freeze what is loaded now: no run needs to collect it or copy its memory pages for that
    gc.collect()
    gc.freeze()


def nothing() -> None:
    """Do nothing; a worker runs this once at its start to check that it can fork runs."""


def _rehearse() -> None:
    """Use the patterns, CKAN's queries and its schemas once, so that they are compiled."""
    for notation in (*NUMBERS, *DAYS):
        for form in notation.forms:
            form.takes("")
    try:
        with app.context():
            resource = model.Session.query(model.Resource.id).first()
            if resource:
                shown(resource.id)
    except Exception as error:  # noqa: BLE001 (not essential: a database may be away, any plugin's hook may fail)
        log.warning(
            "A first look at a resource failed (%s: %s). The worker continues; runs take longer to begin.",
            type(error).__name__,
            error,
        )
