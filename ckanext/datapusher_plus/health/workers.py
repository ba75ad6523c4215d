"""Marks of workers in the stash folder, by which a check finds workers that use another folder."""

from __future__ import annotations

import json
import logging
import math
import os
import secrets
import socket
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import settings
from ..dictionary_stash.atomic import entered
from .finding import Verdict, fail, ok, warn
from .wording import user

log = logging.getLogger(__name__)

FOLDER = ".workers"
#: Seconds without renewal after which a mark belongs to a dead worker.
STALE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Content of a mark: a worker that uses this folder."""

    worker: str
    host: str
    prefect_api_url: str
    #: the folder with that server's login, if the worker has started the server
    prefect_home: str = ""


class Marker:
    """One worker's mark in the stash folder.

    It is not removed when the worker ends, because Prefect shows a worker as online for some time after that. The next
    worker removes stale marks.
    """

    def __init__(self, worker: str, prefect_api_url: str, prefect_home: str = "") -> None:
        host = socket.gethostname()
        self._mark = Mark(worker=worker, host=host, prefect_api_url=prefect_api_url, prefect_home=prefect_home)
        self._told = False

    def renew(self) -> None:
        """Write the mark, and remove stale ones.

        If the stash folder is missing, nothing is done: the first stash creates it. A write error is logged once: the
        checks report it.
        """
        stash = settings.current().dictionary_stash_dir
        try:
            if stash.is_dir():
                with entered(stash, FOLDER, make=True) as folder:
                    _write(folder, f"{self._mark.worker.replace(os.sep, '_')}.json", json.dumps(asdict(self._mark)))
                _tidy(stash / FOLDER)
        except OSError as error:
            if not self._told:
                log.warning("No mark of this worker can be put into %s: %s", stash, error)
            self._told = True


def seen() -> list[Mark]:
    """Return the marks in the folder that are not stale, the latest renewed first.

    :raises PermissionError: when this user may not read the folder.
    """
    try:
        paths = list((settings.current().dictionary_stash_dir / FOLDER).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    fresh = sorted((age, path) for path in paths if (age := _age(path)) < _stale())
    return [mark for _, path in fresh if (mark := _read(path))]


def shared(online: Collection[str]) -> Verdict:
    """Check that all workers that Prefect shows as online have a mark in the stash folder as seen from here."""
    folder = settings.current().dictionary_stash_dir
    if not online:
        return warn("Not known while no worker is online.")
    if not folder.is_dir():
        return ok(f"{folder} is not made yet; the first load makes it.")
    try:
        strangers = sorted(set(online) - {mark.worker for mark in seen()})
    except PermissionError:
        return warn(f"Not known, for user {user()} may not look into {folder / FOLDER}.", "Ask as the workers' user.")
    if strangers:
        return _elsewhere(strangers, folder)
    return ok(f"{_keep(sorted(online))} Data Dictionaries in {folder}.")


def _elsewhere(strangers: list[str], folder: Path) -> Verdict:
    if not (folder / FOLDER).is_dir() and _age(folder) < 2 * settings.current().sweep_interval:
        return warn(f"Not known yet: {folder} has just been made, and workers will leave their marks there.")
    return fail(
        f"{_keep(strangers)} Data Dictionaries in another folder than {folder} as seen from here.",
        "Mount one folder as dictionary_stash_dir on every machine, and run the same version of the plugin there.",
    )


def name_here() -> str:
    """Return the name of a worker in this process: ``host-pid``."""
    return f"{socket.gethostname()}-{os.getpid()}"


def has_ended(worker: str) -> bool:
    """Return whether a worker of this machine has ended; Prefect shows it as online for up to 90 s longer."""
    host, _, pid = worker.rpartition("-")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        # the process exists, and belongs to another user
        pass
    return False


def _keep(workers: list[str]) -> str:
    if len(workers) == 1:
        return f"Worker {workers[0]} keeps"
    return f"{len(workers)} workers ({', '.join(workers[:3])}{', …' if len(workers) > 3 else ''}) keep"


def _stale() -> float:
    return max(STALE, 4.0 * settings.current().sweep_interval)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _read(path: Path) -> Mark | None:
    try:
        return Mark(**json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _write(folder: int, name: str, content: str) -> None:
    # not synced: after a crash of the machine its workers do not run either
    temporary = f".{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=folder), "w", encoding="utf-8") as file:
        file.write(content)
    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)


def _tidy(folder: Path) -> None:
    """Remove marks that are older than twice the time after which they are stale."""
    for path in folder.iterdir():
        if _age(path) > 2 * _stale():
            path.unlink(missing_ok=True)
