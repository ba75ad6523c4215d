"""A Prefect server of our own, for a site that has none: on loopback, with SQLite in Prefect's home folder."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import TracebackType

from prefect.settings import PREFECT_HOME

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
#: Prefect's own port; another free one is taken when it is in use.
PORT = 4200
#: Seconds until the server must answer; the first start builds its database.
START = 120.0
#: Seconds for an orderly end.
STOP = 15.0


class ServerFailed(RuntimeError):
    """The Prefect server did not come up."""


class EmbeddedServer:
    """``prefect server start`` as a child process; started again should it die."""

    def __init__(self, port: int | None = None) -> None:
        self._port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def api_url(self) -> str:
        """Return the address that Prefect's clients use."""
        return f"http://{HOST}:{self._port}/api"

    def __enter__(self) -> EmbeddedServer:
        self.start()
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server's process."""
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(self._port)]
        environment = {
            # the server copies its pages when it starts, and where packages belong to root it cannot write beside them
            "PREFECT_UI_STATIC_DIRECTORY": str(PREFECT_HOME.value() / "ui"),
            **os.environ,
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        }
        environment.pop("PREFECT_API_URL", None)
        # its own session: a Ctrl-C in the terminal must not end it before the runs that report to it
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)

    def revive(self) -> bool:
        """Start the server again if it has died, and tell whether it had."""
        if self._process is None or self._process.poll() is None:
            return False
        log.warning("the Prefect server ended with status %s and is started again", self._process.returncode)
        self.start()
        return True

    def stop(self) -> None:
        """End the server."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise ServerFailed(f"The Prefect server ended at once with status {self._process.returncode}.")
            if answers(self.api_url):
                return
            time.sleep(0.25)
        raise ServerFailed(f"The Prefect server at {self.api_url} did not answer within {START:.0f} s.")


def answers(api_url: str) -> bool:
    """Tell whether a Prefect server is up there."""
    try:
        with urllib.request.urlopen(f"{api_url}/health", timeout=3) as reply:  # noqa: S310 (the operator's own address)
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """Return Prefect's usual port, or a free one when somebody has it."""
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerFailed("No free port on this machine.")
