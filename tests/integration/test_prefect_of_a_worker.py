"""The Prefect server that a worker brings along: its login, and who shares it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from dev.stack import free_port
from tests.fix_worker import until

#: A worker, as far as it brings a server: says what it has, and stops when its input ends.
BRINGS = """
import json, sys
from ckanext.datapusher_plus.health import prefect_home
from ckanext.datapusher_plus.prefect_server import server
from ckanext.datapusher_plus.worker import service
server.PORT = int(sys.argv[1])
with server.EmbeddedServer(prefect_home.folder()) as own:
    print(json.dumps({"url": own.api_url, "login": own.login, "joined": own.joined}), flush=True)
    sys.stdin.read()
"""


class Home:
    """A Prefect home, and what runs over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port(set())
        self._running: list[subprocess.Popen[str]] = []
        self._servers: list[psutil.Popen] = []

    def env(self, **variables: str) -> dict[str, str]:
        """Return the environment of its programs, with secrets of CKAN's in it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        secret = {"CKAN_SQLALCHEMY_URL": "postgresql://ckan:hush@db/ckan", "PGPASSWORD": "hush"}
        return {**kept, "PREFECT_HOME": str(self.folder), "DO_NOT_TRACK": "1", **secret, **variables}

    def worker(self, **variables: str) -> dict[str, Any]:
        """Start a worker, and return what it says of its server."""
        command = [sys.executable, "-c", BRINGS, str(self.port)]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started = subprocess.Popen(command, env=self.env(**variables), **pipes)
        self._running.append(started)
        assert started.stdout
        return json.loads(started.stdout.readline() or "{}")

    def server(self, locked: int | None = None, **variables: str) -> str:
        """Start a server without a worker, and return its address."""
        words = ["-m", "prefect", "server", "start", "--port", str(self.port)]
        passed = () if locked is None else (locked,)
        env = self.env(**variables)
        self._servers.append(
            psutil.Popen([sys.executable, *words], env=env, stdout=subprocess.DEVNULL, pass_fds=passed)
        )
        until(lambda: status(f"{self.api}/health") == 200, 120)
        return self.api

    @property
    def api(self) -> str:
        """Return where a server answers that was started by hand."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def process(self) -> psutil.Process:
        """Return the server that a worker has started."""
        record = json.loads((self.folder / "datapusher_plus-server.json").read_text())
        return psutil.Process(record["pid"])

    def stop(self) -> None:
        """Have all workers stop, the last of which ends the server."""
        for each in self._running:
            each.communicate(timeout=60)
        for server in self._servers:
            server.terminate()
            server.wait(60)
        self._running.clear()
        self._servers.clear()


def status(url: str, login: str = "", **order: Any) -> int | None:
    """Return the status with which a server answers a question, or an order."""
    auth = tuple(login.split(":", 1)) if login else None
    try:
        reply = requests.request("POST" if order else "GET", url, json=order or None, auth=auth, timeout=20)  # pyright: ignore
    except requests.ConnectionError:
        return None
    return reply.status_code


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A Prefect home with nothing in it."""
    made = Home(tmp_path / "prefect")
    yield made
    made.stop()


def test_nobody_uses_it_without_the_login_that_all_its_workers_share(home: Home) -> None:
    first, second = home.worker(), home.worker()
    api, login = first["url"], first["login"]
    assert second == {"url": api, "login": login, "joined": True}
    file = home.folder / "datapusher_plus-server.login"
    assert (file.read_text().strip(), stat.S_IMODE(file.stat().st_mode)) == (login, 0o600)
    assert login.startswith("admin:")
    wrong = f"{login[:-1]}{'a' if login[-1] != 'a' else 'b'}"
    assert [status(f"{api}/admin/version", each) for each in ("", wrong, login)] == [401, 401, 200]
    order = {"name": "datapusher-plus"}
    assert [status(f"{api}/flows/", each, **order) for each in ("", wrong, login)] == [401, 401, 201]
    assert status(f"{api}/health") == 200


def test_it_knows_nothing_of_ckan_and_its_command_line_no_login(home: Home) -> None:
    said = home.worker(PYTHONPATH="/nonexistent")
    environment = home.process.environ()
    assert {"CKAN_SQLALCHEMY_URL", "PGPASSWORD", "PYTHONPATH"} & set(environment) == set()
    assert environment["PREFECT_SERVER_API_AUTH_STRING"] == said["login"]
    assert said["login"] not in " ".join(home.process.cmdline())


@pytest.mark.parametrize("variable", ["PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"])
def test_a_login_that_is_set_is_used(home: Home, variable: str) -> None:
    said = home.worker(**{variable: "me:my own"})
    assert said["login"] == "me:my own"
    assert [status(f"{said['url']}/admin/version", each) for each in ("", "me:my own")] == [401, 200]
    # whoever has it set otherwise joins all the same, by the file or not at all
    assert home.worker() == {}


def test_a_server_started_by_hand_without_a_login_is_joined(home: Home) -> None:
    api = home.server()
    said = home.worker()
    assert (said["url"], said["joined"], status(f"{api}/admin/version")) == (api, True, 200)
    home.stop()
    assert status(f"{api}/health") is None


def test_a_server_started_by_hand_with_a_login_is_joined_by_who_has_it(home: Home) -> None:
    api = home.server(PREFECT_SERVER_API_AUTH_STRING="me:mine")
    said = home.worker(PREFECT_API_AUTH_STRING="me:mine")
    assert said == {"url": api, "login": "me:mine", "joined": True}


def test_a_server_of_an_older_version_is_joined_until_it_ends(home: Home) -> None:
    from ckanext.datapusher_plus.prefect_server import files
    from ckanext.datapusher_plus.prefect_server.files import ServerRecord

    lock = files.lock_alone(home.folder / files.SERVER)
    assert lock is not None
    files.write(lock, ServerRecord(api_url=home.api))
    home.server(locked=lock)
    os.close(lock)
    said = home.worker()
    assert (said["url"], said["joined"], status(f"{home.api}/admin/version")) == (home.api, True, 200)
    assert said["login"] == (home.folder / "datapusher_plus-server.login").read_text().strip()
