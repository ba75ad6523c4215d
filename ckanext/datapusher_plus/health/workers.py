"""What tells one worker's stash folder from another's: each leaves a mark in the folder that it sees."""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from .. import settings
from ..dictionary_stash.durable import entered
from .finding import Verdict, fail, ok, warn

log = logging.getLogger(__name__)

FOLDER = ".workers"
#: Seconds after which a mark that was not renewed is that of a dead worker.
STALE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A worker that has this folder in sight."""

    worker: str
    host: str
    prefect_api_url: str


class Marker:
    """One worker's mark in the stash folder, from entry to exit."""

    def __init__(self, worker: str, prefect_api_url: str) -> None:
        self._mark = Mark(worker=worker, host=socket.gethostname(), prefect_api_url=prefect_api_url)
        self._told = False

    def __enter__(self) -> Marker:
        self.renew()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._path.unlink()

    def renew(self) -> None:
        """Write the mark; a folder that is missing is left to the first stash, one that is read-only to the checks."""
        stash = settings.current().dictionary_stash_dir
        if not stash.is_dir():
            return
        try:
            with entered(stash, FOLDER, make=True) as folder:
                _write(folder, self._path.name, json.dumps(asdict(self._mark)))
            _tidy(stash / FOLDER)
        except OSError as error:
            if not self._told:
                log.warning("No mark of this worker can be put into %s: %s", stash, error)
            self._told = True

    @property
    def _path(self) -> Path:
        return settings.current().dictionary_stash_dir / FOLDER / f"{self._mark.worker.replace(os.sep, '_')}.json"


def seen() -> list[Mark]:
    """Return the marks in the folder that workers renew."""
    folder = settings.current().dictionary_stash_dir / FOLDER
    return [mark for path in sorted(folder.glob("*.json")) if _age(path) < _stale() and (mark := _read(path))]


def shared(online: Collection[str]) -> Verdict:
    """See that the workers that Prefect shows online have all left their mark in the folder that is seen from here."""
    folder = settings.current().dictionary_stash_dir
    if not online:
        return warn("Not known while no worker is online.")
    if not folder.is_dir():
        return ok(f"{folder} is not made yet; the first load makes it.")
    strangers = sorted(set(online) - {mark.worker for mark in seen()})
    if strangers:
        return fail(
            f"{folder}, as seen from here, is not the folder that {_keep(strangers)} Data Dictionaries in.",
            "Mount one folder as dictionary_stash_dir on every machine, and run the same version of the plugin there.",
        )
    return ok(f"{_keep(sorted(online)).capitalize()} Data Dictionaries in {folder}.")


def _keep(workers: list[str]) -> str:
    if len(workers) == 1:
        return f"worker {workers[0]} keeps"
    return f"{len(workers)} workers ({', '.join(workers[:3])}{', …' if len(workers) > 3 else ''}) keep"


def _stale() -> float:
    return max(STALE, 4.0 * settings.current().sweep_interval)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _read(path: Path) -> Mark | None:
    try:
        return Mark(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _write(folder: int, name: str, content: str) -> None:
    # not synced: after a crash of the machine there is no worker to speak of
    temporary = f".{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=folder), "w", encoding="utf-8") as file:
        file.write(content)
    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)


def _tidy(folder: Path) -> None:
    """Remove the marks of workers that were killed."""
    for path in folder.iterdir():
        if _age(path) > 2 * _stale():
            path.unlink(missing_ok=True)
