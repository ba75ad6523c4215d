"""Imported in a new process that has nothing loaded yet, to prepare it for forking runs."""

from __future__ import annotations

import signal

from . import ready

ready.make_ready()
# A service manager may signal the whole group; this process must end with its worker, not before its runs.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
