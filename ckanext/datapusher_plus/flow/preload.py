"""Imported once by the process that runs are forked from: loads CKAN, Prefect and the flow, and lets go of connections.

Loading takes seconds, forking takes milliseconds; a run starts at once and still has a process of its own.
"""

from __future__ import annotations

import gc
import importlib
import signal

from . import child, site

__all__ = ["child"]

#: What Prefect, its HTTP client and our readers import only when they are first used, which would be in every run.
_LATE = (
    "anyio._backends._asyncio",
    "prefect.concurrency.services",
    "prefect.task_engine",
    "prefect.utilities.visualization",
)

for module in _LATE:
    importlib.import_module(module)
site.load()
site.before_fork()
# what is loaded by now stays: no run need look through it for garbage, nor copy its pages for that
gc.collect()
gc.freeze()
# A service manager may signal the whole group; this process ends when its worker does, not before its runs.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
