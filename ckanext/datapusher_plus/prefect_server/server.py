"""A Prefect server for a site that has none: on loopback, with a login, its SQLite database in ``PREFECT_HOME``."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import httpx

from .. import waits
from . import files, isolated, login
from .files import ServerRecord

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
#: Prefect's default port; another free one is used when it is taken.
PORT = 4200


class ServerFailed(RuntimeError):
    """The Prefect server did not start."""


class EmbeddedServer:
    """The Prefect server of this ``PREFECT_HOME``: the one that runs there, else one that is started.

    All workers of one folder share it, whichever worker started it; the last worker to stop ends it. If it dies, the
    first worker to notice starts it again at the same address.
    """

    def __init__(self, home: Path, port: int | None = None) -> None:
        self._home = home
        self._file = home / files.SERVER
        self._port = port
        self._workers = -1
        #: the URL of a server that somebody started by hand
        self._found = ""
        #: the login for its API; the server may also have been started without a login
        self.login = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def joined(self) -> bool:
        """Return whether the server was already running."""
        return self._process is None

    @property
    def api_url(self) -> str:
        """Return the URL that Prefect's clients use."""
        return self._found or f"http://{HOST}:{self._port}/api"

    def __enter__(self) -> EmbeddedServer:
        # this waits for a worker that is ending the server now
        self._workers = files.lock_shared(self._home / files.WORKERS)
        try:
            kept = login.make(self._home)
            self.login = login.configured() or kept
            by_hand = f"http://{HOST}:{PORT}/api"
            if self._port is None and not self._is_ours(by_hand) and _is_of(by_hand, self._home):
                self._found = by_hand
            else:
                self._join_or_start()
            self.login = self._login_taken(dict.fromkeys((self.login, kept)))
        except login.NoLogin as error:
            self.stop()
            raise ServerFailed(str(error)) from error
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def revive(self) -> bool:
        """Start the server again if it has died, and return whether it was started."""
        if self._process is not None:
            # otherwise it would stay in the process list as a zombie
            self._process.poll()
        if (self._found and answers(self._found)) or not self._start_if_none():
            return False
        log.warning("the Prefect server at %s had ended and is started again", self.api_url)
        return True

    def stop(self) -> None:
        """End the server, unless another worker uses it or somebody started it by hand."""
        if self._workers < 0:
            return
        if not files.have_alone(self._workers):
            log.info("the Prefect server at %s keeps running for other workers", self.api_url)
        elif not self._found:
            self._end()
        os.close(self._workers)
        self._workers = -1

    def _is_ours(self, api_url: str) -> bool:
        """Return whether the server at a URL was started by a worker."""
        record = files.read(self._file)
        return record is not None and record.api_url == api_url and self._lives()

    def _lives(self) -> bool:
        free = files.lock_alone(self._file)
        if free is not None:
            os.close(free)
        return free is None

    def _login_taken(self, logins: Iterable[str]) -> str:
        """Return the login that the server accepts: it may have been started with another one than is configured now.

        A server without a login accepts any. It still gets one here, so that the next server is started with a login.
        """
        taken = next((each for each in logins if login.admits(self.api_url, each)), None)
        if taken is None:
            record = files.read(self._file)
            raise ServerFailed(
                f"The Prefect server at {self.api_url} takes neither a login that is configured nor the one in "
                f"{self._home / login.FILE}. End its process {record.pid if record else ''} and start the worker again."
            )
        return taken

    def _join_or_start(self) -> None:
        deadline = time.monotonic() + waits.PREFECT_START
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise ServerFailed(f"The Prefect server ended at once with status {self._process.returncode}.")
            self._start_if_none()
            record = files.read(self._file)
            if record is not None and answers(record.api_url):
                self._port = urlsplit(record.api_url).port
                return
            time.sleep(waits.PREFECT_START_POLL)
        record = files.read(self._file)
        which = f"process {record.pid} at {record.api_url}" if record else "started a moment ago"
        raise ServerFailed(
            f"The Prefect server of {self._home} ({which}) did not answer within {waits.PREFECT_START:.0f} s. "
            "See its messages above; if it hangs, end that process and start the worker again."
        )

    def _start_if_none(self) -> bool:
        """Start the server unless one that a worker started is alive, and return whether it was started."""
        lock = files.lock_alone(self._file)
        if lock is None:
            return False
        try:
            self._port = self._port or free_port()
            self._found = ""
            # from now on, a worker that finds the file locked waits for this URL
            files.write(lock, ServerRecord(api_url=self.api_url))
            self._process = self._spawn(lock)
            files.write(lock, ServerRecord(api_url=self.api_url, pid=self._process.pid))
        finally:
            # the server keeps the lock
            os.close(lock)
        return True

    def _spawn(self, lock: int) -> subprocess.Popen[bytes]:
        start = ["-m", "prefect", "server", "start", "--host", HOST, "--port", str(self._port)]
        command = [sys.executable, *isolated.flags(), *start]
        environment = {
            # the server copies its pages when it starts; it cannot write beside its packages where these belong to root
            "PREFECT_UI_STATIC_DIRECTORY": str(self._home / "ui"),
            **isolated.environment(),
            "PREFECT_SERVER_API_AUTH_STRING": self.login,
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        }
        environment.pop("PREFECT_API_URL", None)
        # its own session: Ctrl-C in the terminal must not end it before the runs that report to it
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True, pass_fds=[lock]
        )

    def _end(self) -> None:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            record = files.read(self._file)
            # the lock proves that the process id is still the server's
            if not self._lives() or record is None or record.pid is None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(record.pid, sign)
            self._await_end()
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _await_end(self) -> None:
        deadline = time.monotonic() + waits.PREFECT_STOP
        while self._lives() and time.monotonic() < deadline:
            time.sleep(waits.PREFECT_STOP_POLL)


def answers(api_url: str) -> bool:
    """Return whether a Prefect server answers there."""
    try:
        with urllib.request.urlopen(f"{api_url}/health", timeout=waits.PREFECT_ANSWER) as reply:  # noqa: S310 (the operator's own address)
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _is_of(api_url: str, home: Path) -> bool:
    """Return whether the server that answers at a URL keeps its data in this folder.

    The generated login is not sent to it: until the server is known to be of this folder, it may be anybody's.
    """
    try:
        reply = login.get(f"{api_url}/admin/settings", login.configured())
        return Path(reply.json()["home"]).resolve() == home.resolve()
    except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError):
        return False


def free_port() -> int:
    """Return Prefect's default port, or a free one when it is taken."""
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerFailed("No free port on this machine.")
