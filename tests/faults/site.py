"""A whole site on the stack `.stack-faults`; tests stop and kill its servers and workers, and fill its disks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from dev.portal import Portal
from dev.process import Command as Started
from dev.process import PidFile, ckan_command, kill_session, spawn
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
    """Settings and number of the workers of a case."""

    strategy: str = "swap"
    flow_timeout: int = 7200
    #: which steps are tasks of Prefect
    tasks: str = "all"
    workers: int = 1
    #: whether the clock of the worker and its runs can be moved
    clock: bool = False

    def options(self) -> dict[str, str]:
        """Return the plugin's options, with short pauses, so that tests take little time."""
        return {
            "load_strategy": self.strategy,
            "flow_timeout": str(self.flow_timeout),
            "prefect_tasks": self.tasks,
            # without statistics a process carries out one run after another, as in a crowd
            "statistics": str(self.tasks == "all").lower(),
            "sweep_interval": "1",
            "worker_grace": "2",
            "worker_limit": "8",
            # no limit, because one resource is used for many cases
            "runs_per_hour": "0",
            "load_parallelism": "2",
            "swap_patience": "20",
        }


class Worker:
    """One process `ckan datapusher_plus worker`."""

    def __init__(self, site: Site, number: int) -> None:
        self._site = site
        self._folder = site.stack.folder("workers", str(number))
        self._pidfile = PidFile(self._folder / "pid.json")
        self.log = site.stack.logs / f"worker-{number}.log"

    def launch(self, setup: Setup) -> None:
        """Start the worker without waiting for it."""
        kill_session(self._pidfile)
        self.log.unlink(missing_ok=True)
        spawn(self._command(setup), self._pidfile, self.log, REPOSITORY)

    def wait(self) -> None:
        """Wait until the worker takes runs."""
        until(lambda: READY in self.log.read_text(errors="replace") or not self.alive(), 120, self._tail)
        assert self.alive(), self._tail()

    def alive(self) -> bool:
        """Return whether its process runs."""
        return self._pidfile.process() is not None

    def owns(self, pid: int) -> bool:
        """Return whether a process is one of its child processes."""
        process = self._pidfile.process()
        return process is not None and any(child.pid == pid for child in process.children(recursive=True))

    def terminate(self) -> None:
        """Send SIGTERM without waiting."""
        if process := self._pidfile.process():
            process.terminate()

    def wait_end(self) -> None:
        """Wait until the process has ended."""
        until(lambda: not self.alive(), 60, self._tail)

    def kill(self) -> None:
        """Kill the worker and all its child processes, like the loss of its machine."""
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
        return Started(argv=ckan_command(ini, "datapusher_plus", "worker"), env=env)

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


class Site:
    """The servers, disks and workers, with methods to control them."""

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
        #: resources that earlier cases left intact, for reuse
        self.spare: list[Resource] = []
        self._setup: Setup | None = None
        self._idle: dict[tuple[str, str], list[psycopg.Connection]] = {}

    def start(self) -> None:
        """Start the servers, and mount the small disks."""
        for left_by_an_interrupted_session in (Worker(self, number) for number in range(2)):
            left_by_an_interrupted_session.kill()
        up(self.stack, frozenset(SERVERS))
        for disk in (self.work_disk, self.stash_disk, self.table_disk):
            disk.mount()
        self._forget()

    def stop(self) -> None:
        """Stop the workers, and unmount the disks; the servers keep running for the next session."""
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
        """Ensure that workers with this setup run, and no others."""
        if setup != self._setup:
            for worker in self.workers:
                worker.kill()
            self.workers = [Worker(self, number) for number in range(setup.workers)]
            self._setup = setup
        self.revive()

    def revive(self) -> bool:
        """Start the workers that have ended, wait until they take runs, and return whether there were any."""
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
        """The site's API, as its sysadmin."""
        return Portal(self.stack.ckan_url, self.stack.secret["token"])

    @contextlib.contextmanager
    def database(self, name: str, user: str = "postgres") -> Iterator[psycopg.Connection]:
        """Provide a pooled connection; if the server has crashed since, a new one is opened."""
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
        """Run a statement as superuser, and return its rows."""
        with self.database(database) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    @contextlib.contextmanager
    def tables_on_small_disk(self) -> Iterator[None]:
        """Create new tables of the datastore on the small disk during the block."""
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
        """Remove all runs, tables and orders of earlier sessions, so that nothing of them is recovered."""
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
    """Return whether the connection still works; otherwise close it."""
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        connection.close()
        return False
    return True


def until(
    true: Callable[[], object], patience: float, told: Callable[[], object] = lambda: "", pause: float = 0.05
) -> None:
    """Wait until ``true`` returns true; after ``patience`` seconds fail with the result of ``told``."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"not within {patience} s: {told()}"
        time.sleep(pause)
