"""A CKAN site with XLoader, on the servers of the running stack: its own databases, web server and job worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from dev.portal import Portal
from dev.process import Command
from dev.server import Server
from dev.servers.ckan import Ckan
from dev.servers.postgres import Postgres
from dev.stack import REPOSITORY, Site, Stack
from dev.up import prepare_site

from . import peers_venv
from .runs import LOOK
from .stack import chosen, new_dataset

SITE = Site(
    name="xloader",
    settings=REPOSITORY / "dev" / "ckan.ini",
    ckan_db="ckan_xloader",
    datastore_db="datastore_xloader",
    redis_db=2,
)
_PATIENCE = 1800


class XloaderFailed(RuntimeError):
    """XLoader's job ended with an error, or not in time."""


def _ini(stack: Stack) -> Path:
    return stack.root / "xloader-run.ini"


class _Web(Ckan):
    name = "xloader_ckan"
    title = "XLoader's CKAN"

    def command(self) -> Command:
        ini = _ini(self.stack)
        return Command(argv=self.serve(_program(), ini), mark=ini.read_text())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Worker(Server):
    name = "xloader_worker"
    title = "XLoader's jobs"
    listens = False

    def command(self) -> Command:
        ini = _ini(self.stack)
        return Command(argv=(_program(), "-c", str(ini), "jobs", "worker"), mark=ini.read_text())

    def answers(self) -> bool:
        return self.log.exists() and "has started on queue" in self.log.read_text(errors="replace")


def _program() -> str:
    return str(peers_venv.programs("xloader") / "ckan")


@dataclass(frozen=True)
class Xloader:
    """The running site."""

    portal: Portal
    connection: psycopg.Connection
    dataset: str

    def upload(self, file: Path, name: str) -> str:
        """Upload a CSV file, which XLoader loads by itself, and return the id of its resource."""
        made = self.portal.upload("resource_create", file, package_id=self.dataset, name=name, format="CSV")
        return made["id"]

    def submit(self, resource_id: str) -> None:
        """Request a load of a file that is already loaded."""
        if not self.portal.act("xloader_submit", resource_id=resource_id, ignore_hash=True):
            raise XloaderFailed(f"{resource_id} was not submitted")

    def wait(self, resource_id: str) -> None:
        """Wait until the state of the resource's job is ``complete``.

        :raises XloaderFailed: when it ends with an error, or not in time.
        """
        until = time.monotonic() + _PATIENCE
        query = "SELECT state, error FROM task_status WHERE entity_id = %s AND task_type = 'xloader'"
        while time.monotonic() < until:
            found = self.connection.execute(query, [resource_id]).fetchone()
            if found and found[0] == "complete":
                return
            if found and found[0] == "error":
                raise XloaderFailed(f"{resource_id}: {found[1]}")
            time.sleep(LOOK)
        raise XloaderFailed(f"{resource_id} has not ended after {_PATIENCE} s")


@contextmanager
def running() -> Iterator[Xloader]:
    """Run the site during the block."""
    stack = chosen()
    postgres = Postgres(stack)
    postgres.ensure_site(SITE)
    prepare_site(stack, postgres, SITE)
    web, worker = _Web(stack), _Worker(stack)
    _write_ini(stack, web.address)
    portal = Portal(web.address, stack.secret[f"token_{SITE.name}"])
    try:
        for server in (web, worker):
            server.launch()
            server.wait()
        with psycopg.connect(stack.dsn("ckan", SITE.ckan_db), autocommit=True) as connection:
            yield Xloader(portal=portal, connection=connection, dataset=new_dataset(portal))
    finally:
        worker.stop()
        web.stop()


def _write_ini(stack: Stack, address: str) -> None:
    path = _ini(stack)
    path.touch(mode=0o600)
    path.write_text(
        "[app:main]\n"
        f"use = config:{stack.ini(SITE)}\n"
        "ckan.plugins = datastore datatables_view text_view xloader\n"
        f"ckan.site_url = {address}\n"
        "ckan.site_id = xloader\n"
        f"ckanext.xloader.api_token = {stack.secret[f'token_{SITE.name}']}\n"
        f"ckanext.xloader.jobs_db.uri = {stack.dsn('ckan', SITE.ckan_db)}\n"
    )
