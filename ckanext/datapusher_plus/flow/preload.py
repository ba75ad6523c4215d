"""Imported once by the process that runs are forked from: loads CKAN, Prefect and the flow, and lets go of connections.

Loading takes seconds, forking takes milliseconds; a run starts at once and still has a process of its own.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import signal

from ckan import model
from sqlalchemy.exc import SQLAlchemyError

from ..core.errors import ResourceGone
from ..core.notations import DAYS, NUMBERS
from ..portal.resource import shown
from . import child, site

__all__ = ["child"]

#: What Prefect and its HTTP client import only when they first use it, which would be in every run.
_LATE = (
    "anyio._backends._asyncio",
    "prefect.concurrency.services",
    "prefect.task_engine",
    "prefect.utilities.visualization",
)


def _import_late() -> None:
    for module in _LATE:
        importlib.import_module(module)


def _rehearse() -> None:
    """Do once what is dear the first time only: patterns are compiled, and CKAN's queries and schemas made."""
    for notation in (*NUMBERS, *DAYS):
        for form in notation.forms:
            form.takes("")
    # a database that is away now may be there when a run begins
    with site.context(), contextlib.suppress(SQLAlchemyError, ResourceGone):
        resource = model.Session.query(model.Resource.id).first()
        if resource:
            shown(resource.id)


_import_late()
site.load()
_rehearse()
site.before_fork()
# what is loaded by now stays: no run need look through it for garbage, nor copy its pages for that
gc.collect()
gc.freeze()
# A service manager may signal the whole group; this process ends when its worker does, not before its runs.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
