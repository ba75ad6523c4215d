"""A forked run as its worker sees it."""

from __future__ import annotations

import logging
import signal
import time

import anyio

from .. import waits
from ..core import stop_reason
from ..core.outcome import OUT_OF_MEMORY
from ..flow import memory
from ..flow.job import Job
from . import child
from .fork_server import context

log = logging.getLogger(__name__)


class ForkedRun:
    """One run in a process of its own."""

    def __init__(self, job: Job) -> None:
        self.job = job
        receiver, self._orders = context.Pipe(duplex=False)
        self._kills = memory.kills()
        self._process = context.Process(target=child.run, args=(job, receiver))
        self._process.start()
        self._began = time.monotonic()
        receiver.close()
        #: whether the worker killed it because it could no longer end successfully
        self.given_up = False
        #: whether it was stopped because somebody asked in CKAN to cancel it
        self.is_cancelled = False

    @property
    def pid(self) -> int:
        """Return the process id."""
        return int(self._process.pid or 0)

    @property
    def age(self) -> float:
        """Return for how many seconds the run has been running."""
        return time.monotonic() - self._began

    @property
    def exitcode(self) -> int | None:
        """Return the exit status, negative for a signal, None while the process runs."""
        return self._process.exitcode

    async def wait(self) -> int:
        """Wait for the end of the process and return its exit status, or ``OUT_OF_MEMORY``."""
        while (code := self._process.exitcode) is None:
            await anyio.sleep(waits.RUN_EXIT_POLL)
        # the kernel may have killed another process, but that is unlikely at the same time and in the same way
        return OUT_OF_MEMORY if code == -signal.SIGKILL and memory.kills() != self._kills else code

    def stop(self, reason: stop_reason.Reason) -> None:
        """Order the run to roll back and end."""
        try:
            self._orders.send(reason.value)
        except OSError:
            log.debug("run in process %s had ended before it received the signal", self.pid)

    def kill(self) -> None:
        """Kill the process at once; the sweep recovers what it leaves."""
        self._process.kill()
