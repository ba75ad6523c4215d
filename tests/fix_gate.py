"""A gate (TCP proxy) in front of a server: while it is shut, clients that use it cannot reach the server."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.servers import RunningStack


class Gate:
    """TCP proxy that forwards connections to an address while it is open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._behind = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self.port = 0
        self.open()

    @property
    def url(self) -> str:
        """Return the gate's own address."""
        return f"http://127.0.0.1:{self.port}"

    def through(self, url: str) -> str:
        """Return a URL of the server behind the gate, changed so that it leads through the gate."""
        parts = urlsplit(url)
        login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        return parts._replace(netloc=f"{login}127.0.0.1:{self.port}").geturl()

    def open(self) -> None:
        """Accept connections from now on."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Close all connections, and refuse new ones."""
        listener, self._listener = self._listener, None
        for end in [listener, *self._open] if listener else []:
            self._cut(end)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self._behind)
                self._open |= {here, there}
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            self._cut(end)

    def _cut(self, end: socket.socket) -> None:
        # while another thread reads from the socket, only shutdown closes it for the peer
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
        self._open.discard(end)


@dataclass(frozen=True)
class Gates:
    """The gates between the worker under test and its servers."""

    prefect: Gate
    solr: Gate
    ckan: Gate
    datastore: Gate

    def all(self) -> tuple[Gate, ...]:
        """Return all gates."""
        return (self.prefect, self.solr, self.ckan, self.datastore)

    def options(self) -> dict[str, str]:
        """Return the configuration options with which a site uses the gates."""
        from ckan.plugins import toolkit as tk

        ways = {"solr_url": self.solr, "sqlalchemy.url": self.ckan, "ckan.datastore.write_url": self.datastore}
        return {
            "ckanext.datapusher_plus.prefect_api_url": f"{self.prefect.url}/api",
            **{option: gate.through(tk.config[option]) for option, gate in ways.items()},
        }


@pytest.fixture(scope="session")
def all_gates(stack: RunningStack) -> Iterator[Gates]:
    """The gates of the session's worker."""
    gates = Gates(Gate(stack.prefect_url), Gate(stack.solr_url), Gate(stack.ckan_dsn), Gate(stack.datastore_dsn))
    yield gates
    for gate in gates.all():
        gate.shut()


@pytest.fixture
def gates(all_gates: Gates) -> Iterator[Gates]:
    """The gates, which are opened again after the test."""
    yield all_gates
    for gate in all_gates.all():
        gate.open()
