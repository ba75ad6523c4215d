"""Base class of all servers: launch when needed, wait, stop."""

import shutil
import signal
import time
from abc import ABC, abstractmethod
from typing import ClassVar

from dev import process
from dev.console import DIM, good, paint
from dev.process import Command, PidFile
from dev.stack import REPOSITORY, Stack, is_taken


class StartFailed(Exception):
    """A server did not start; the message ends with the last lines of its log."""

    def __init__(self, server: "Server", why: str) -> None:
        log = server.log
        tail = log.read_text(errors="replace").splitlines()[-25:] if log.exists() else []
        super().__init__("\n".join([f"{server.title} {why}; the end of {log}:", *(f"    {line}" for line in tail)]))


class Server(ABC):
    """One server of the stack; restarted only when it has ended or its command has changed."""

    name: ClassVar[str]
    title: ClassVar[str]
    patience: ClassVar[float] = 120
    grace: ClassVar[float] = 20
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    tries: ClassVar[int] = 1
    listens: ClassVar[bool] = True

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.pidfile = PidFile(stack.root / "run" / f"{self.name}.json")
        self.log = stack.logs / f"{self.name}.log"
        self._launched: float | None = None

    @abstractmethod
    def command(self) -> Command:
        """Return the command that starts the server."""

    @abstractmethod
    def answers(self) -> bool:
        """Return whether the server answers requests."""

    def prepare(self) -> None:  # noqa: B027  most servers need none
        """Create the server's files before a start."""

    @property
    def port(self) -> int:
        """Port on which the server listens."""
        return self.stack.port(self.name)

    @property
    def address(self) -> str:
        """Address of the server for display."""
        return f"127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start the server without waiting for it, unless it already runs with the same command."""
        if self.pidfile.process() is not None:
            if self.pidfile.fingerprint() == self.command().fingerprint():
                return
            self.stop()
        if self.listens:
            self._clear_port()
        self.prepare()
        self._spawn()

    def wait(self) -> None:
        """Wait until the server answers, and start it again up to ``tries`` - 1 times if it ends.

        :raises StartFailed: when it ends too often, or does not answer within ``patience`` seconds.
        """
        left = self.tries
        deadline = time.monotonic() + self.patience
        while not self.answers():
            if time.monotonic() > deadline:
                raise StartFailed(self, f"does not answer after {self.patience:.0f} s")
            if self.pidfile.process() is None:
                left -= 1
                if left == 0:
                    raise StartFailed(self, "ended at once")
                self._spawn()
            time.sleep(0.1)
        self._report()

    def stop(self) -> None:
        """Stop the server and all processes of its session."""
        process.stop(self.pidfile, self.stop_signal, self.grace)

    def _clear_port(self) -> None:
        process.kill_session(self.pidfile)
        if is_taken(self.port):
            self.stack.new_port(self.name)

    def _spawn(self) -> None:
        self._launched = time.monotonic()
        if self.log.exists():
            shutil.move(self.log, self.log.with_suffix(".old.log"))
        process.spawn(self.command(), self.pidfile, self.log, REPOSITORY)

    def _report(self) -> None:
        state = "runs" if self._launched is None else f"started in {time.monotonic() - self._launched:.1f} s"
        good(f"{self.title:<12}{self.address:<32}{paint(state, DIM)}")
