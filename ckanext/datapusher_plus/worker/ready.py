"""Makes a process one that runs can be forked from: CKAN, Prefect and the flow are loaded, and connections let go of.

Loading takes seconds, forking takes milliseconds; a run starts at once and still has a process of its own.
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

#: What Prefect and its HTTP client import only when they first use it, which would be in every run.
_LATE = (
    "anyio._backends._asyncio",
    "prefect.concurrency.services",
    "prefect.task_engine",
    "prefect.utilities.visualization",
)


def make_ready() -> None:
    """Load everything, and do once what is dear the first time only."""
    for module in _LATE:
        importlib.import_module(module)
    app.load()
    _rehearse()
    app.before_fork()
    # what is loaded by now stays: no run need look through it for garbage, nor copy its pages for that
    gc.collect()
    gc.freeze()


def nothing() -> None:
    """Do nothing; a worker runs this once at its start to see that it can fork runs."""


def _rehearse() -> None:
    """Have patterns compiled, and CKAN's queries and schemas made."""
    for notation in (*NUMBERS, *DAYS):
        for form in notation.forms:
            form.takes("")
    try:
        with app.context():
            resource = model.Session.query(model.Resource.id).first()
            if resource:
                shown(resource.id)
    except Exception as error:  # noqa: BLE001 (nothing depends on it: a database may be away, any plugin's hook may fail)
        log.warning(
            "A first look at a resource failed (%s: %s). The worker goes on; runs take longer to begin.",
            type(error).__name__,
            error,
        )
