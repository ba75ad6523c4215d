"""A CKAN site as an admin installs it: its own databases, configuration and folders, and users that are not root.

It uses the stack's servers except Prefect: the workers start their own Prefect server, because none is configured.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from dev import up
from dev.portal import Portal
from dev.process import ckan_command
from dev.servers.postgres import Postgres, open_way_to
from dev.stack import MAIN, REPOSITORY, TEST_STACK, Site, Stack, free_port
from tests.fix_worker import READY, until
from tests.servers import RunningStack

SITE = Site(name="own", settings=MAIN.settings, ckan_db="ckan_own", datastore_db="datastore_own", redis_db=2)
#: User ids, without names, of the workers, and of a web server that runs as another user.
WORKER, WEB = 61201, 61202
#: `multilingual_…` are CKAN's plugins that read the language of the request.
PLUGINS = "multilingual_dataset multilingual_resource datastore datapusher_plus"


_LOADER = """
from ckan import plugins
from flask import Blueprint

tab = Blueprint("{name}", __name__)
tab.add_url_rule("/dataset/<id>/resource_data/<resource_id>", "resource_data", lambda id, resource_id: "")


class Plugin(plugins.SingletonPlugin):
    plugins.implements(plugins.IBlueprint)

    def get_blueprint(self):
        return tab
"""


class OwnProcess:
    """A process of the site, run as one of its users."""

    def __init__(self, popen: subprocess.Popen[Any], log: Path) -> None:
        self._popen = popen
        self._log = log
        self.pid = popen.pid

    def output(self) -> str:
        """Return the text that the process has printed."""
        return self._log.read_text(errors="replace")

    def says(self, text: str, patience: float = 120) -> None:
        """Wait until the process has printed a text."""
        until(lambda: text in self.output() or self.ended(), patience, self.output)
        assert text in self.output(), self.output()

    def ended(self) -> bool:
        """Return whether the process has ended."""
        return self._popen.poll() is not None

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send the process a signal, wait for its end, and return its exit status."""
        if not self.ended():
            self._popen.send_signal(sign)
        return self._popen.wait(60)


class OwnSite:
    """The site and its processes."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.root = stack.root / "own"
        self.home = self.root / "var" / "prefect"
        self.stash = self.root / "var" / "stash"
        self.url = f"http://127.0.0.1:{free_port(set())}"
        self.ini = self.root / "ckan.ini"
        self._processes: list[OwnProcess] = []

    def make(self) -> None:
        """Create databases and folders, after removing old ones."""
        postgres = Postgres(self._stack)
        for database in (SITE.ckan_db, SITE.datastore_db):
            postgres.drop_database(database)
        (self._stack.root / "run" / f"{SITE.name}.ready").unlink(missing_ok=True)
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        postgres.ensure_site(SITE)
        up.prepare_site(self._stack, postgres, SITE)
        self._stack.ini(SITE).chmod(0o644)
        (self.root / "var").mkdir()
        for name in ("log", "files", "webassets"):
            (self.root / name).mkdir()
            (self.root / name).chmod(0o777)
        for uid in (WORKER, WEB):
            self.give(self._temporary(uid), uid=uid)
        for path in (self.root, REPOSITORY, Path(sys.prefix), Path(sys.executable).resolve()):
            open_way_to(path / "any")
        self.configure()

    def configure(self, **options: str) -> None:
        """Write the ini file with the site's usual options and those given, in whose names `__` replaces the dot."""
        ours = "ckanext.datapusher_plus"
        usual = {
            "ckan.site_id": "own",
            "ckan.site_url": self.url,
            "ckan.plugins": PLUGINS,
            "ckan.files.storage.default.path": str(self.root / "files"),
            "ckan.webassets.path": str(self.root / "webassets"),
            f"{ours}.prefect_api_url": "",
            f"{ours}.prefect_ui_base": "",
            f"{ours}.dictionary_stash_dir": str(self.stash),
            f"{ours}.work_dir": str(self.root / "var" / "work"),
            f"{ours}.sweep_interval": "1",
        }
        given = {key.replace("__", "."): value for key, value in options.items()}
        lines = "".join(f"{key} = {value}\n" for key, value in {**usual, **given}.items())
        self.ini.write_text(f"[app:main]\nuse = config:{self._stack.ini(SITE)}\n{lines}")
        self.ini.chmod(0o644)

    @property
    def datastore(self) -> str:
        """Return the DSN of the datastore's write role."""
        return self._stack.dsn("datastore_write", SITE.datastore_db)

    def plugin(self, name: str) -> None:
        """Install a plugin that only serves the URL of the DataStore tab, as other loaders do."""
        package = self.root / "plugins"
        (package / f"{name}-1.dist-info").mkdir(parents=True, exist_ok=True)
        (package / f"{name}-1.dist-info" / "entry_points.txt").write_text(f"[ckan.plugins]\n{name} = {name}_:Plugin\n")
        (package / f"{name}-1.dist-info" / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (package / f"{name}_.py").write_text(_LOADER.format(name=name))

    def give(self, *folders: Path, uid: int = WORKER) -> None:
        """Create folders as README describes: each with its owner."""
        for folder in folders:
            subprocess.run(["install", "-d", *_owner(uid), "-m", "700", str(folder)], check=True)

    def worker(self, *, home: Path | None = None) -> OwnProcess:
        """Start a worker without waiting for it."""
        return self._start("datapusher_plus", "worker", uid=WORKER, home=home)

    def ready_worker(self, **how: Any) -> OwnProcess:
        """Start a worker, and wait until it takes runs."""
        worker = self.worker(**how)
        worker.says(READY)
        return worker

    def web(self, *, uid: int = WORKER) -> OwnProcess:
        """Start the web server, and wait until it answers."""
        port = self.url.rpartition(":")[2]
        modes = ("--threaded", "--disable-reloader", "--disable-debugger")
        web = self._start("run", "--host", "127.0.0.1", "--port", port, *modes, uid=uid)
        until(lambda: web.ended() or _answers(f"{self.url}/api/3/action/status_show"), 120, web.output)
        assert not web.ended(), web.output()
        return web

    def run(self, *words: str, uid: int = WORKER, home: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run `ckan datapusher_plus …`, and return the completed process."""
        command = ckan_command(self.ini, "datapusher_plus", *words)
        env, user = self._env(uid, home), _user(uid)
        return subprocess.run(
            command, env=env, cwd="/", capture_output=True, text=True, check=False, timeout=120, **user
        )

    def check(self, check: str, **how: Any) -> dict[str, Any]:
        """Return the finding of one check of `ckan datapusher_plus check`."""
        asked = self.run("check", "--only", check, "--json", **how)
        (found,) = json.loads(asked.stdout)["findings"]
        return found

    @property
    def portal(self) -> Portal:
        """The site's API, for its sysadmin."""
        return Portal(self.url, self.token)

    @property
    def token(self) -> str:
        """Return a sysadmin's token."""
        if not hasattr(self, "_token"):
            command = ckan_command(self.ini, "user", "token", "add", "admin", "tests", "-q")
            done = subprocess.run(command, env=self._env(WORKER), capture_output=True, text=True, check=True)
            self._token = done.stdout.split()[-1]
        return self._token

    def loads(self, name: str, content: str = "name,age\nAda,36\n") -> dict[str, Any]:
        """Upload a file by the API, and return its resource."""
        file = self.root / f"{name}.csv"
        file.write_text(content)
        dataset = self.portal.act("package_create", name=name, owner_org=self._organization())
        return self.portal.upload("resource_create", file, package_id=dataset["id"], name=name)

    def state(self, resource: Mapping[str, Any]) -> str:
        """Return the state of a resource's newest run."""
        return self.portal.act("datapusher_status", resource_id=resource["id"])["task_info"]["state"]

    def servers(self) -> list[psutil.Process]:
        """Return the processes of Prefect servers that keep their data in a folder of this site."""
        return [found for found in psutil.process_iter() if self._is_server(found)]

    def end(self) -> None:
        """Kill all processes of the site and its Prefect servers."""
        for each in self._processes:
            each.stop(signal.SIGKILL)
        for server in self.servers():
            server.kill()
        self._processes.clear()

    def _organization(self) -> str:
        if self.portal.find("organization_show", id="own") is None:
            self.portal.act("organization_create", name="own")
        return "own"

    def _is_server(self, found: psutil.Process) -> bool:
        try:
            is_one = found.cmdline()[1:6] == ["-I", "-m", "prefect", "server", "start"]
            return is_one and found.environ().get("PREFECT_HOME", "").startswith(str(self.root))
        except psutil.Error:
            return False

    def _start(self, *command: str, uid: int, home: Path | None = None) -> OwnProcess:
        log = self.root / "log" / f"{time.monotonic_ns()}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                ckan_command(self.ini, *command),
                env=self._env(uid, home),
                cwd="/",
                stdout=output,
                stderr=subprocess.STDOUT,
                **_user(uid),
            )
        self._processes.append(started := OwnProcess(popen, log))
        return started

    def _temporary(self, uid: int) -> Path:
        # one per user, because CKAN creates a folder with a fixed name in it
        return self.root / f"tmp-{uid}"

    def _env(self, uid: int, home: Path | None = None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CKAN"))}
        folders = {"HOME": "/nonexistent", "TMPDIR": str(self._temporary(uid)), "PREFECT_HOME": str(home or self.home)}
        return {**kept, **folders, "DO_NOT_TRACK": "1", "PYTHONPATH": str(self.root / "plugins")}


def _user(uid: int) -> dict[str, Any]:
    return {"user": uid, "group": uid, "extra_groups": []} if os.geteuid() == 0 else {}


def _owner(uid: int) -> list[str]:
    return ["-o", str(uid), "-g", str(uid)] if os.geteuid() == 0 else []


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.RequestException:
        return False


@pytest.fixture(scope="session")
def own_site(stack: RunningStack) -> OwnSite:
    """The site, created once per session."""
    site = OwnSite(Stack.chosen(TEST_STACK))
    site.make()
    return site


@pytest.fixture
def installed(own_site: OwnSite) -> Iterator[OwnSite]:
    """The site with its folders as in README, and without running processes."""
    shutil.rmtree(own_site.root / "var", ignore_errors=True)
    (own_site.root / "var").mkdir()
    own_site.give(own_site.stash, own_site.home, own_site.root / "var" / "work")
    own_site.configure()
    yield own_site
    own_site.end()
