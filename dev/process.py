"""Processes that outlive the command that started them; each is found again by its pid file."""

import contextlib
import json
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil

#: The ``ckan`` command of this environment.
CKAN = str(Path(sys.executable).with_name("ckan"))


def ckan_command(ini: Path | str, *words: str) -> tuple[str, ...]:
    """Return the command line of ``ckan`` with these words, for the site of an ini file."""
    return (CKAN, "-c", str(ini), *words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command to run; `mark` is a digest of everything else whose change requires a restart."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    mark: str = ""

    def fingerprint(self) -> str:
        """Return a digest of the command, its environment, user and mark."""
        text = json.dumps([self.argv, sorted(self.env.items()), self.user, self.mark])
        return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PidFile:
    """File with pid and start time of a process; the pid alone may belong to another process by now."""

    path: Path

    def write(self, pid: int, fingerprint: str) -> None:
        """Record a process that has just been started."""
        note = {"pid": pid, "started": psutil.Process(pid).create_time(), "fingerprint": fingerprint}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(note))

    def process(self) -> psutil.Process | None:
        """Return the recorded process, or None when it has ended."""
        note = self._read()
        if note is None:
            return None
        try:
            process = psutil.Process(int(note["pid"]))
            same = process.create_time() == note["started"] and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same else None

    def fingerprint(self) -> str:
        """Return the fingerprint of the command that the process was started with, empty without a process."""
        note = self._read()
        return str(note["fingerprint"]) if note else ""

    def session(self) -> int | None:
        """Return the id of the session that the process leads or led, also after the process has ended."""
        note = self._read()
        return int(note["pid"]) if note else None

    def forget(self) -> None:
        """Remove the file, because the process has ended."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> dict[str, float | str] | None:
        try:
            return json.loads(self.path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None


def spawn(command: Command, pidfile: PidFile, log: Path, cwd: Path) -> None:
    """Start a process in a new session, so that Ctrl-C in the terminal does not reach it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **command.env},
            cwd=cwd,
            start_new_session=True,
            **identity(command.user),
        )
    pidfile.write(process.pid, command.fingerprint())
    # the process outlives this one; with a return code Python does not warn that nobody waits for it
    process.returncode = 0


def identity(user: str | None) -> dict[str, Any]:
    """Return the arguments of `subprocess` to run a process as another user."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def stop(pidfile: PidFile, first: signal.Signals, grace: float) -> None:
    """Send a process the signal ``first``, wait up to ``grace`` seconds, then kill what is left of its session."""
    process = pidfile.process()
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(first)
            psutil.wait_procs([process], timeout=grace)
    kill_session(pidfile)
    pidfile.forget()


def kill_session(pidfile: PidFile) -> None:
    """Kill the processes that a crashed or stopped process left in its session."""
    session = pidfile.session()
    if session is None:
        return
    left = [process for process in psutil.process_iter() if _session_of(process.pid) == session]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=10)


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
