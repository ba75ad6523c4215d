"""Two files in ``PREFECT_HOME`` that keep workers from starting two Prefect servers on one SQLite database.

The server's process holds an exclusive lock on the first file as long as it lives, so a worker that gets this lock
knows that no server runs. Each worker holds a shared lock on the second file, so the worker that can make its lock
exclusive is the last one. The system releases a lock when its process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

SERVER = "datapusher_plus-server.json"
WORKERS = "datapusher_plus-workers.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRecord:
    """The server that a worker has started."""

    api_url: str
    #: None until its process has been started
    pid: int | None = None


def lock_alone(path: Path) -> int | None:
    """Return an open file that is locked exclusively, None when another process has it locked."""
    return _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_shared(path: Path) -> int:
    """Return an open file with a shared lock; wait while another process has it locked exclusively."""
    descriptor = _locked(path, fcntl.LOCK_SH)
    assert descriptor is not None
    return descriptor


def lock_and_wait(path: Path) -> int:
    """Return an open file that is locked exclusively; wait while another process has it locked."""
    descriptor = _locked(path, fcntl.LOCK_EX)
    assert descriptor is not None
    return descriptor


def have_alone(descriptor: int) -> bool:
    """Turn a shared lock into an exclusive one, and return whether that succeeded."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read(path: Path) -> ServerRecord | None:
    """Return the record in the file, None when there is none yet."""
    try:
        return ServerRecord(**json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write(descriptor: int, record: ServerRecord) -> None:
    """Write the record to the locked file."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"api_url": record.api_url, "pid": record.pid}).encode(), 0)


def _locked(path: Path, how: int) -> int | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
