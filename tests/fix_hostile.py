"""A web server that answers with the bytes that a test sets: fast, slowly or without end."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core.values import Source
from ckanext.datapusher_plus.fetch.guard import Guard
from ckanext.datapusher_plus.fetch.http import HttpRules, download
from tests.fix_file import Said

#: bytes to send, at once or piece by piece
Answer = bytes | Iterable[bytes]
Fetched = dict[str, Any]
FetchApart = Callable[..., Fetched]
Fetch = Callable[..., Source]

MB = 1 << 20
#: Most MiB that a download may add to a process: one piece of a file, TLS, and memory that Python keeps
BOUND = 50
_BLOCK = b"x" * MB


def drip(text: bytes) -> Iterator[bytes]:
    """Yield a byte at a time, with pauses shorter than any deadline."""
    for place in range(len(text)):
        yield text[place : place + 1]
        time.sleep(0.02)


def forever(piece: bytes) -> Iterator[bytes]:
    """Yield the same until the client closes: at most 2 GB, so that a failing test ends."""
    block = piece * max(1, MB // len(piece))
    for _ in range(2048):
        yield block


def megabytes(count: int) -> Iterator[bytes]:
    """Yield ``count`` MiB."""
    for _ in range(count):
        yield _BLOCK


@dataclass
class Hostile:
    """The running server: it gives its answers in turn, and repeats the last one."""

    listening: socket.socket
    answers: list[Callable[[], Answer]] = field(default_factory=list)
    #: the heads of all requests
    asked: list[bytes] = field(default_factory=list)
    #: the bodies of all POST requests
    posted: list[bytes] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.listening.getsockname()[1]}"

    def url(self, path: str = "a.csv") -> str:
        """Return the full address of a path."""
        return f"http://{self.host}/{path}"

    def says(self, *answers: Callable[[], Answer] | Answer) -> Hostile:
        """Set the answers, and return the server."""
        self.answers = [each if callable(each) else lambda each=each: each for each in answers]
        return self

    def relent(self) -> None:
        """End all answers that are being given, and answer with a good file from now on."""
        self.says(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 8\r\n\r\na,b\n1,2\n")

    def serve(self) -> None:
        while True:
            try:
                peer, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rb") as stream:
            peer.settimeout(20)
            try:
                head = b"".join(iter(stream.readline, b"\r\n"))
                if length := re.search(rb"(?i)^Content-Length: (\d+)", head, re.MULTILINE):
                    self.posted.append(stream.read(int(length[1])))
                self.asked.append(head)
                answers = self.answers
                answer = answers[min(len(self.asked), len(answers)) - 1]()
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    if self.answers is not answers:
                        return
                    peer.sendall(piece)
            except OSError:
                return


@contextmanager
def serving(port: int = 0) -> Iterator[Hostile]:
    """Run a hostile server, on any free port without ``port``."""
    listening = socket.create_server(("127.0.0.1", port))
    server = Hostile(listening)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield server
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    """A running hostile server."""
    with serving() as server:
        yield server


@pytest.fixture
def fetch(hostile: Hostile, tmp_path: Path, said: Said) -> Fetch:
    """Return a function that downloads from the hostile server, whose host is allowed."""

    def run(url: str = "", **how: Any) -> Source:
        rules = {"guard": Guard({hostile.host}), "limit": MB, "timeout": 5, "backoff": 0, "retries": 0, **how}
        return download(url or hostile.url(), tmp_path / "source", HttpRules(**rules), said)

    return run


@pytest.fixture
def fetch_apart(hostile: Hostile, tmp_path: Path) -> FetchApart:
    """Return a function that downloads in a separate process, and returns the result and the memory used in MiB."""

    def run(url: str = "", **rules: Any) -> Fetched:
        quick = {"limit": MB, "timeout": 0.5, "deadline": 5, "patience": 20, "backoff": 0, "retries": 0}
        job = {
            "url": url or hostile.url(),
            "target": str(tmp_path / "source"),
            "hosts": [hostile.host],
            "rules": quick | rules,
        }
        command = [sys.executable, str(Path(__file__).with_name("fetch_apart.py")), json.dumps(job)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
