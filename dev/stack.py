"""The folder of a stack, with its ports, secrets, sites and logs."""

import fcntl
import json
import os
import random
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TEST_STACK = ".stack-test"
FAULTS_STACK = ".stack-faults"
BENCH_STACK = ".stack-bench"
# Below Linux's port range for outgoing connections, which could otherwise take a port between two starts.
PORTS = range(20000, 32000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One CKAN site on the stack's servers: an ini file, two PostgreSQL databases, a Redis database."""

    name: str
    settings: Path
    ckan_db: str
    datastore_db: str
    redis_db: int


MAIN = Site(
    name="ckan",
    settings=REPOSITORY / "dev" / "ckan.ini",
    ckan_db="ckan",
    datastore_db="datastore",
    redis_db=0,
)
TEST = Site(
    name="test",
    settings=REPOSITORY / "test.ini",
    ckan_db="ckan_test",
    datastore_db="datastore_test",
    redis_db=1,
)


class Stack:
    """Paths of a stack's files, and addresses of its servers."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @classmethod
    def chosen(cls, default: str = ".stack") -> "Stack":
        """Return the stack in the folder of the environment variable STACK, relative to the repository."""
        return cls(REPOSITORY / os.environ.get("STACK", default))

    @property
    def logs(self) -> Path:
        """Folder with one log per server."""
        return self.root / "logs"

    @property
    def summary(self) -> Path:
        """File with the addresses of all servers, for scripts and people."""
        return self.root / "stack.json"

    def folder(self, *names: str) -> Path:
        """Return a folder of the stack, created if it is missing."""
        path = self.root.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def ini(self, site: Site) -> Path:
        """Return the path of a site's CKAN configuration file."""
        return self.root / f"{site.name}.ini"

    def port(self, server: str) -> int:
        """Return the server's port, which stays the same at each start."""
        ports = self._load("ports.json")
        if server not in ports:
            ports[server] = free_port(set(ports.values()))
            self._save("ports.json", ports)
        return ports[server]

    def new_port(self, server: str) -> None:
        """Forget the server's port, because another process listens on it now."""
        ports = self._load("ports.json")
        ports.pop(server, None)
        self._save("ports.json", ports)

    @cached_property
    def secret(self) -> dict[str, str]:
        """Passwords and keys, generated once."""
        kept = self._load("secrets.json")
        if not kept:
            names = ("postgres", "ckan", "datastore_write", "datastore_read", "prefect", "session", "admin")
            kept = {name: secrets.token_hex(16 if name == "session" else 6) for name in names}
            self._save("secrets.json", kept)
        return kept

    def keep_secret(self, name: str, value: str) -> None:
        """Add a secret to the stored ones."""
        self.secret[name] = value
        self._save("secrets.json", self.secret)

    def dsn(self, user: str, database: str) -> str:
        """Return a PostgreSQL URL with its password."""
        return f"postgresql://{user}:{self.secret[user]}@127.0.0.1:{self.port('postgres')}/{database}"

    @property
    def ckan_url(self) -> str:
        """URL of the CKAN site."""
        return f"http://127.0.0.1:{self.port('ckan')}"

    @property
    def solr_url(self) -> str:
        """URL of the Solr core that all sites of the stack share."""
        return f"http://127.0.0.1:{self.port('solr')}/solr/ckan"

    @property
    def prefect_url(self) -> str:
        """URL of Prefect's web pages; its API is below /api."""
        return f"http://127.0.0.1:{self.port('prefect')}"

    def redis_url(self, site: Site) -> str:
        """Return the URL of the site's own Redis database."""
        return f"redis://127.0.0.1:{self.port('redis')}/{site.redis_db}"

    def describe(self) -> dict[str, str]:
        """Return the content of `stack.json`."""
        return {
            "ckan_url": self.ckan_url,
            "prefect_url": self.prefect_url,
            "sysadmin_token": self.secret.get("token", ""),
            "datastore_dsn": self.dsn("datastore_write", MAIN.datastore_db),
            "ckan_dsn": self.dsn("ckan", MAIN.ckan_db),
            "solr_url": self.solr_url,
            "redis_url": self.redis_url(MAIN),
            "logs": str(self.logs),
            "ckan_ini": str(self.ini(MAIN)),
            "datastore_read_dsn": self.dsn("datastore_read", MAIN.datastore_db),
            "postgres_dsn": self.dsn("postgres", "postgres"),
        }

    def write_summary(self) -> None:
        """Write `stack.json`."""
        self._save("stack.json", self.describe())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the stack's lock, so that only one command at a time starts or stops its servers."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _load(self, name: str) -> dict:
        path = self.root / name
        return json.loads(path.read_text()) if path.exists() else {}

    def _save(self, name: str, value: object) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / name
        temporary = path.with_suffix(".new")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(value, indent=2) + "\n")
        temporary.replace(path)


def free_port(taken: set[int]) -> int:
    """Return a free port of the loopback address that is not in ``taken``."""
    while True:
        port = random.choice(PORTS)
        if port not in taken and not is_taken(port):
            return port


def is_taken(port: int) -> bool:
    """Return whether a process listens on the port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
