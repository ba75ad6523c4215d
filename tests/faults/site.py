"""A whole site whose servers and workers are stopped, killed and filled up: the stack `.stack-faults`."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from dev.portal import Portal
from dev.process import Command as Started
from dev.process import PidFile, kill_session, spawn
from dev.servers.ckan import Ckan
from dev.servers.postgres import Postgres
from dev.servers.prefect import Prefect, client_env
from dev.servers.redis import Redis
from dev.servers.solr import Solr
from dev.stack import FAULTS_STACK, MAIN, REPOSITORY, Stack
from dev.up import up
from tests.faults.clock import Clock
from tests.faults.disks import Disk
from tests.orders import Orders

if TYPE_CHECKING:
    from tests.faults.tables import Resource

READY = "runs at once from work pool"
SERVERS = ("postgres", "redis", "solr", "prefect", "ckan")


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How the workers of a case are started."""

    strategy: str = "swap"
    flow_timeout: int = 7200
    workers: int = 1
    #: the clock of the worker and of its runs can be moved
    clock: bool = False

    def options(self) -> dict[str, str]:
        """Return the plugin's options: short pauses, so that a fault costs a test little time."""
        return {
            "load_strategy": self.strategy,
            "flow_timeout": str(self.flow_timeout),
            "sweep_interval": "1",
            "worker_grace": "2",
            "worker_limit": "8",
            # one resource serves many cases
            "runs_per_hour": "0",
            "load_parallelism": "2",
            "swap_patience": "20",
        }


class Worker:
    """One `ckan datapusher_plus worker`."""

    def __init__(self, site: Site, number: int) -> None:
        self._site = site
        self._folder = site.stack.folder("workers", str(number))
        self._pidfile = PidFile(self._folder / "pid.json")
        self.log = site.stack.logs / f"worker-{number}.log"

    def launch(self, setup: Setup) -> None:
        """Start it without waiting."""
        kill_session(self._pidfile)
        self.log.unlink(missing_ok=True)
        spawn(self._command(setup), self._pidfile, self.log, REPOSITORY)

    def wait(self) -> None:
        """Return when it takes runs."""
        until(lambda: READY in self.log.read_text(errors="replace") or not self.alive(), 120, self._tail)
        assert self.alive(), self._tail()

    def alive(self) -> bool:
        """Tell whether its process runs."""
        return self._pidfile.process() is not None

    def owns(self, pid: int) -> bool:
        """Tell whether a process is one of its runs."""
        process = self._pidfile.process()
        return process is not None and any(child.pid == pid for child in process.children(recursive=True))

    def terminate(self) -> None:
        """Send SIGTERM and do not wait."""
        if process := self._pidfile.process():
            process.terminate()

    def wait_end(self) -> None:
        """Return when the process is gone."""
        until(lambda: not self.alive(), 60, self._tail)

    def kill(self) -> None:
        """End the worker and all that it started at once, as the loss of its machine would."""
        process = self._pidfile.process()
        if process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [process, *process.children(recursive=True)]
            for member in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
            psutil.wait_procs(family, timeout=10)

    def _command(self, setup: Setup) -> Started:
        ini = self._folder / "worker.ini"
        options = "".join(f"ckanext.datapusher_plus.{key} = {value}\n" for key, value in setup.options().items())
        ini.write_text(f"[app:main]\nuse = config:{self._site.stack.ini(MAIN)}\n{options}")
        env = {
            **client_env(self._site.stack.root, f"{self._site.stack.prefect_url}/api"),
            **Orders(self._site.faults).environment(),
            **(self._site.clock.env() if setup.clock else {}),
        }
        program = str(Path(sys.executable).with_name("ckan"))
        return Started(argv=(program, "-c", str(ini), "datapusher_plus", "worker"), env=env)

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


class Site:
    """The servers, the workers, and what a person can do to them."""

    def __init__(self, root: str = FAULTS_STACK) -> None:
        self.stack = Stack(REPOSITORY / root)
        self.postgres, self.redis, self.solr = Postgres(self.stack), Redis(self.stack), Solr(self.stack)
        self.prefect, self.ckan = Prefect(self.stack), Ckan(self.stack)
        self.faults = self.stack.folder("orders") / "faults.json"
        self.clock = Clock(self.stack.folder("clock"))
        self.work_disk = Disk(self.stack.folder("work", MAIN.name), "16m")
        self.stash_disk = Disk(self.stack.folder("dictionary_stash", MAIN.name), "8m")
        self.table_disk = Disk(self.stack.folder("tablespace"), "24m")
        self.workers: list[Worker] = []
        #: resources that earlier cases have left whole, for later ones
        self.spare: list[Resource] = []
        self._setup: Setup | None = None
        self._idle: dict[tuple[str, str], list[psycopg.Connection]] = {}

    def start(self) -> None:
        """Start the servers, on folders that can run full."""
        for left_by_an_interrupted_session in (Worker(self, number) for number in range(2)):
            left_by_an_interrupted_session.kill()
        up(self.stack, frozenset(SERVERS))
        for disk in (self.work_disk, self.stash_disk, self.table_disk):
            disk.mount()
        self._forget()

    def stop(self) -> None:
        """Stop the workers and give the folders back; the servers stay for the next session."""
        for worker in self.workers:
            worker.kill()
        self._forget()
        with self.database("postgres") as connection:
            connection.execute("DROP TABLESPACE IF EXISTS small")
        for connection in (connection for idle in self._idle.values() for connection in idle):
            connection.close()
        for disk in (self.work_disk, self.stash_disk, self.table_disk):
            disk.unmount()

    def work_as(self, setup: Setup) -> None:
        """Have workers of just this setup."""
        if setup != self._setup:
            for worker in self.workers:
                worker.kill()
            self.workers = [Worker(self, number) for number in range(setup.workers)]
            self._setup = setup
        self.revive()

    def revive(self) -> bool:
        """Start the workers that are dead, return when all work, and tell whether there were any."""
        assert self._setup is not None
        dead = [worker for worker in self.workers if not worker.alive()]
        for worker in dead:
            worker.launch(self._setup)
        for worker in dead:
            worker.wait()
        return bool(dead)

    def orders(self, resource_id: str) -> Orders:
        """Return the orders for runs of one resource."""
        return Orders(self.faults.with_name(f"{self.faults.name}.{resource_id}"))

    @cached_property
    def portal(self) -> Portal:
        """The site's API, for its sysadmin."""
        return Portal(self.stack.ckan_url, self.stack.secret["token"])

    @contextlib.contextmanager
    def database(self, name: str, user: str = "postgres") -> Iterator[psycopg.Connection]:
        """Lend a connection that nobody uses now; after a crash of the server another one is opened."""
        idle = self._idle.setdefault((name, user), [])
        connection = idle.pop() if idle else None
        if connection is None or not _answers(connection):
            connection = self._connect(name, user)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        idle.append(connection)

    def _connect(self, name: str, user: str) -> psycopg.Connection:
        deadline = time.monotonic() + 60
        while True:
            try:
                return psycopg.connect(self.stack.dsn(user, name), autocommit=True)
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.1)

    def query(self, database: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives to a superuser."""
        with self.database(database) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    @contextlib.contextmanager
    def tables_on_small_disk(self) -> Iterator[None]:
        """Have new tables of the datastore lie on a disk that can run full."""
        with self.database("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_tablespace WHERE spcname = 'small'").fetchone():
                self.table_disk.give_to("nobody")
                connection.execute(f"CREATE TABLESPACE small LOCATION '{self.table_disk.path}'".encode())
                connection.execute("GRANT CREATE ON TABLESPACE small TO PUBLIC")
        self._default_tablespace("small")
        try:
            yield
        finally:
            self._default_tablespace("pg_default")

    def _default_tablespace(self, name: str) -> None:
        with self.database("postgres") as connection:
            connection.execute(f"ALTER DATABASE datastore SET default_tablespace = {name}".encode())

    def _forget(self) -> None:
        """Nothing of an earlier session is to be recovered now."""
        with self.database(MAIN.ckan_db) as connection:
            connection.execute("DELETE FROM datapusher_plus_run")
            connection.execute("CREATE SEQUENCE IF NOT EXISTS faults_number")
        with self.database(MAIN.datastore_db) as connection:
            for (name,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                " AND (relname ~ '^[0-9a-f]{8}-' OR starts_with(relname, '_dpp_'))"
            ).fetchall():
                connection.execute(f'DROP TABLE "{name}" CASCADE'.encode())
            connection.execute("DROP TABLE IF EXISTS _datapusher_plus_journal")
        for file in self.faults.parent.iterdir():
            file.unlink()


def _answers(connection: psycopg.Connection) -> bool:
    """Tell whether the server is still there."""
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        connection.close()
        return False
    return True


def until(
    true: Callable[[], object], patience: float, told: Callable[[], object] = lambda: "", pause: float = 0.05
) -> None:
    """Wait until something is so, and fail with what ``told`` says when it does not come."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"not within {patience} s: {told()}"
        time.sleep(pause)
