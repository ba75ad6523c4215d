"""The worker's end of a forked run."""

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

    def __init__(self, job: Job, retries: int) -> None:
        self.job = job
        receiver, self._orders = context.Pipe(duplex=False)
        self._kills = memory.kills()
        self._process = context.Process(target=child.run, args=(job, retries, receiver))
        self._process.start()
        self._began = time.monotonic()
        receiver.close()
        #: whether the worker has killed it because it could not come to a good end any more
        self.given_up = False

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return int(self._process.pid or 0)

    @property
    def age(self) -> float:
        """Return for how many seconds it has been going on."""
        return time.monotonic() - self._began

    @property
    def exitcode(self) -> int | None:
        """Return the exit status, negative for a signal, None while the run is going on."""
        return self._process.exitcode

    async def wait(self) -> int:
        """Wait for the end of the process and return its exit status, or ``OUT_OF_MEMORY``."""
        while (code := self._process.exitcode) is None:
            await anyio.sleep(waits.RUN_EXIT_POLL)
        # another process may have been ended for that, but hardly in the same time and the same way
        return OUT_OF_MEMORY if code == -signal.SIGKILL and memory.kills() != self._kills else code

    def stop(self, reason: stop_reason.Reason) -> None:
        """Tell the run to roll back and end."""
        try:
            self._orders.send(reason.value)
        except OSError:
            log.debug("run in process %s had ended before it was told to", self.pid)

    def kill(self) -> None:
        """End the process at once; what it leaves behind is healed by ``sweep``."""
        self._process.kill()
