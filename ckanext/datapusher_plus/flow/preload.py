"""Imported once by the process that runs are forked from: loads CKAN, Prefect and the flow, and lets go of connections.

Loading takes seconds, forking takes milliseconds; a run starts at once and still has a process of its own.
"""

from __future__ import annotations

import signal

from . import child, site

__all__ = ["child"]

site.load()
site.before_fork()
# A service manager may signal the whole group; this process ends when its worker does, not before its runs.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
