"""Imported by a process that runs are to be forked from and that nothing has been loaded in yet."""

from __future__ import annotations

import signal

from . import ready

ready.make_ready()
# A service manager may signal the whole group; this process ends when its worker does, not before its runs.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
