"""A forked process as its worker sees it, and one run in it."""

from __future__ import annotations

import logging
import signal
import time
from contextlib import suppress

import anyio

from .. import waits
from ..core import stop_reason
from ..core.outcome import OUT_OF_MEMORY
from ..flow import memory
from ..flow.job import Job
from . import child
from .fork_server import context

log = logging.getLogger(__name__)


class RunProcess:
    """A process that carries out one run after another."""

    def __init__(self) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=child.work, args=(theirs,))
        self._process.start()
        theirs.close()
        self._is_stopped = False

    @property
    def pid(self) -> int:
        """Return the process id."""
        return int(self._process.pid or 0)

    @property
    def exitcode(self) -> int | None:
        """Return the exit status, negative for a signal, None while the process runs."""
        return self._process.exitcode

    def take(self, job: Job) -> None:
        """Begin a run.

        :raises OSError: when the process is gone.
        """
        self._pipe.send(job)

    def has_ended_run(self) -> bool:
        """Return whether the process has said that its run has ended and that it can take another one."""
        with suppress(EOFError, OSError):
            return self._pipe.poll() and self._pipe.recv_bytes() == child.FREE
        return False

    @property
    def may_go_on(self) -> bool:
        """Return whether the process may take another run when its run has ended."""
        # an order to stop that came late would stop the next run
        return self.exitcode is None and not self._is_stopped

    def stop(self, reason: stop_reason.Reason) -> None:
        """Order the process to roll back its run and to end."""
        self._is_stopped = True
        try:
            self._pipe.send(reason.value)
        except OSError:
            log.debug("run in process %s had ended before it received the signal", self.pid)

    def close(self) -> None:
        """Let the process end, which has no run."""
        self._is_stopped = True
        self._pipe.close()

    def kill(self) -> None:
        """Kill the process at once; the sweep recovers what it leaves."""
        self._process.kill()


class ForkedRun:
    """One run in a forked process."""

    def __init__(self, job: Job, process: RunProcess) -> None:
        """Begin the run.

        :raises OSError: when the process is gone.
        """
        self.job = job
        self.process = process
        self._kills = memory.kills()
        process.take(job)
        self._began = time.monotonic()
        self._has_ended = False
        #: whether the worker killed it because it could no longer end successfully
        self.given_up = False
        #: whether it was stopped because somebody asked in CKAN to cancel it
        self.is_cancelled = False

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.process.pid

    @property
    def age(self) -> float:
        """Return for how many seconds the run has been running."""
        return time.monotonic() - self._began

    @property
    def has_left_free(self) -> bool:
        """Return whether the run has ended and its process can take another one."""
        return self._has_ended and self.process.may_go_on

    async def wait(self) -> int:
        """Wait for the end of the run and return the exit status of its process, or ``OUT_OF_MEMORY``."""
        while (code := self._code()) is None:
            await anyio.sleep(waits.RUN_EXIT_POLL)
        # the kernel may have killed another process, but that is unlikely at the same time and in the same way
        return OUT_OF_MEMORY if code == -signal.SIGKILL and memory.kills() != self._kills else code

    def _code(self) -> int | None:
        code = self.process.exitcode
        self._has_ended = self._has_ended or self.process.has_ended_run()
        return 0 if self._has_ended else code

    def stop(self, reason: stop_reason.Reason) -> None:
        """Order the run to roll back and end."""
        self.process.stop(reason)

    def kill(self) -> None:
        """Kill the process at once; the sweep recovers what it leaves."""
        self.process.kill()
