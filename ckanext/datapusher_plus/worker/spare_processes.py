"""Processes whose run has ended and that may take another one.

A process of its own costs a small file a quarter of its load: connections, whose servers read the catalog again, memory
pages that the fork copies, statements that are compiled. A run leaves its process free if it has made no statistics
(``worker.child``), as in a crowd.
"""

from __future__ import annotations

import time
from contextlib import suppress

import anyio

from .. import waits
from ..flow.job import Job
from .run_process import ForkedRun, RunProcess


class SpareProcesses:
    """Free processes, the last one to become free first."""

    def __init__(self) -> None:
        self._free: list[tuple[RunProcess, float]] = []

    def begin(self, job: Job) -> ForkedRun:
        """Begin a run in a free process, or fork one.

        :raises OSError, EOFError: when none can be forked.
        """
        while self._free:
            with suppress(IndexError, OSError):
                return ForkedRun(job, self._free.pop()[0])
        return ForkedRun(job, RunProcess())

    def keep(self, ended: ForkedRun) -> None:
        """Keep the process of a run that has ended, if it can take another one."""
        if ended.has_left_free:
            self._free.append((ended.process, time.monotonic()))
        else:
            ended.process.close()

    async def close_idle(self) -> None:
        """Let processes end that no run has needed for some seconds."""
        while True:
            await anyio.sleep(waits.SPARE_PROCESS)
            self.close(idle_for=waits.SPARE_PROCESS)

    def close(self, *, idle_for: float = 0) -> None:
        """Let the processes end that have been free for so many seconds."""
        until = time.monotonic() - idle_for
        while self._free and self._free[0][1] <= until:
            with suppress(IndexError):
                self._free.pop(0)[0].close()
