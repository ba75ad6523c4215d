"""The self-test's checks, one at a time, on a portal whose parts a test may break."""

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
    """Ask one check and return its finding."""

    def ask(check: str) -> Any:
        from ckanext.datapusher_plus.health.checkup import checkup

        (found,) = checkup([check])
        return found

    return ask


@pytest.fixture
def having(loaded: None) -> Iterator[Having]:
    """Change settings for one test."""
    from ckanext.datapusher_plus import settings

    before = settings.current()

    def change(**fields: Any) -> None:
        settings.use(replace(settings.current(), **fields))

    yield change
    settings.use(before)


@pytest.fixture
def superuser(stack: RunningStack, loaded: None) -> Iterator[psycopg.Connection]:
    """A connection to the datastore's database that may do everything."""
    from ckan.plugins import toolkit as tk

    database = conninfo_to_dict(tk.config["ckan.datastore.write_url"])["dbname"]
    with psycopg.connect(stack.postgres_dsn, dbname=str(database), autocommit=True) as connection:
        yield connection


class Impostor(ThreadingHTTPServer):
    """Stands where CKAN or Prefect should, and says what a test tells it to."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Saying)
        self.status = 200
        #: what is said of each path's end; nothing else is known
        self.said: dict[str, object] = {}
        #: seconds that its clock is ahead
        self.ahead = 0.0

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def serving(self) -> Iterator[Impostor]:
        """Answer while the block goes on."""
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
        """Tell the time by the impostor's own clock."""
        assert isinstance(self.server, Impostor)
        return super().date_time_string((timestamp or time.time()) + self.server.ahead)

    def log_message(self, format: str, *args: object) -> None:
        """Keep pytest's output clean."""


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    """A server that says what it is told to."""
    with Impostor().serving() as server:
        yield server
