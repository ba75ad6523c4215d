"""Two files in ``PREFECT_HOME`` that keep workers from starting two Prefect servers over one SQLite database.

The server's process holds a lock on the first for as long as it lives, so whoever gets that lock knows that there is
none. Each worker shares a lock on the second, so whoever gets that one alone is the last. The system takes a lock back
when its process ends, by any death.
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
    """Return an open file that is locked for its holder alone, None when somebody else has it locked."""
    return _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_shared(path: Path) -> int:
    """Return an open file whose lock is shared; wait while somebody has it alone."""
    descriptor = _locked(path, fcntl.LOCK_SH)
    assert descriptor is not None
    return descriptor


def lock_and_wait(path: Path) -> int:
    """Return an open file that is locked for its holder alone; wait while somebody else has it."""
    descriptor = _locked(path, fcntl.LOCK_EX)
    assert descriptor is not None
    return descriptor


def have_alone(descriptor: int) -> bool:
    """Turn a shared lock into one for its holder alone, and tell whether that could be done."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read(path: Path) -> ServerRecord | None:
    """Return what the file says, None when it says nothing yet."""
    try:
        return ServerRecord(**json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write(descriptor: int, record: ServerRecord) -> None:
    """Have the locked file say this."""
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
