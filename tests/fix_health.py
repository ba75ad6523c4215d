"""Fixtures to run single checks of the self-test, on a portal whose parts a test may break."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.servers import RunningStack

Ask = Callable[..., Any]
Having = Callable[..., None]


@pytest.fixture
def ask() -> Ask:
    """Return a function that runs one check and returns its finding."""

    def ask(check: str) -> Any:
        from ckanext.datapusher_plus.health.checkup import checkup

        (found,) = checkup([check])
        return found

    return ask


@pytest.fixture
def having(loaded: None) -> Iterator[Having]:
    """Return a function that changes settings for one test."""
    from ckanext.datapusher_plus import settings

    before = settings.current()

    def change(**fields: Any) -> None:
        settings.use(replace(settings.current(), **fields))

    yield change
    settings.use(before)


@pytest.fixture
def superuser(stack: RunningStack, loaded: None) -> Iterator[psycopg.Connection]:
    """A connection to the datastore's database as superuser."""
    from ckan.plugins import toolkit as tk

    database = conninfo_to_dict(tk.config["ckan.datastore.write_url"])["dbname"]
    with psycopg.connect(stack.postgres_dsn, dbname=str(database), autocommit=True) as connection:
        yield connection


class Impostor(ThreadingHTTPServer):
    """Web server in place of CKAN or Prefect that answers as a test sets it."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Saying)
        self.status = 200
        #: the body for each end of a path; other paths get an empty body
        self.said: dict[str, object] = {}
        #: seconds by which its clock is ahead
        self.ahead = 0.0

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def serving(self) -> Iterator[Impostor]:
        """Answer requests during the block."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Saying(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Impostor)
        known = [body for end, body in self.server.said.items() if self.path.endswith(end)]
        body = known[0] if known else ""
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time of the impostor's own clock, for the ``Date`` header."""
        assert isinstance(self.server, Impostor)
        return super().date_time_string((timestamp or time.time()) + self.server.ahead)

    def log_message(self, format: str, *args: object) -> None:
        """Keep pytest's output clean."""


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    """A running impostor."""
    with Impostor().serving() as server:
        yield server
