"""PgBouncer between a site and its datastore's database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dev.stack import free_port


class Pooler:
    """A PgBouncer that pools the sessions of one database."""

    def __init__(self, folder: Path, dsn: str, uid: int) -> None:
        program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert program, "PgBouncer is not installed (Debian: pgbouncer)."
        self._program = program
        self._folder = folder
        self._target = conninfo_to_dict(dsn)
        self._uid = uid
        self._port = free_port(set())
        self._process: subprocess.Popen[Any] | None = None

    @property
    def dsn(self) -> str:
        """Return the DSN of the database through the pooler."""
        return f"postgresql://{self._target['user']}:any@127.0.0.1:{self._port}/{self._target['dbname']}"

    def start(self, mode: str, **options: str) -> None:
        """Start PgBouncer in a pool mode, with further options, and wait until it answers."""
        self._write(mode, options)
        who: dict[str, Any] = {"user": self._uid, "group": self._uid, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self._folder / "pgbouncer.log").open("ab") as log:
            command = [self._program, str(self._folder / "pgbouncer.ini")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **who)
        deadline = time.monotonic() + 30
        while not self._answers():
            assert time.monotonic() < deadline, (self._folder / "pgbouncer.log").read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        """Kill PgBouncer."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _write(self, mode: str, options: dict[str, str]) -> None:
        names = ("host", "port", "dbname", "user", "password")
        target = " ".join(f"{name}={self._target[name]}" for name in names)
        usual = {"listen_addr": "127.0.0.1", "listen_port": str(self._port), "auth_type": "any", "pool_mode": mode}
        lines = "\n".join(f"{key} = {value}" for key, value in {**usual, "unix_socket_dir": "", **options}.items())
        file = self._folder / "pgbouncer.ini"
        file.write_text(f"[databases]\n{self._target['dbname']} = {target}\n[pgbouncer]\n{lines}\n")
        file.chmod(0o644)
