"""Earlier dictionaries of a resource, the newest ``dictionary_stash_keep`` of them, which a person can restore.

Each is a file of its own, ``history/<id>/<time>-<token>.json``, so that writers on several hosts never overwrite each
other's files. The name gives the order: a new one is always later than the newest there, whatever the clock shows.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path

from .. import settings
from ..core.dictionary.model import Dictionary, as_json, from_json
from . import atomic, format

log = logging.getLogger(__name__)

FOLDER = "history"

#: Largest file in bytes that is kept or read: a page shows all entries of a resource, and whoever may edit the resource
#: decides how long its notes are.
MOST = 4_000_000

_TIME = "%Y%m%dT%H%M%S%fZ"
_NAME = re.compile(r"(\d{8}T\d{12}Z)-[0-9a-f]{8}")


class Why(str, Enum):
    """Why a dictionary was replaced; the value is stored in the file."""

    #: a load, which may have had other columns
    LOAD = "load"
    #: a person or program edited it
    EDIT = "edit"
    #: an earlier version was restored over it
    RESTORE = "restore"
    #: a later run stashed another one before the load that this one was stashed for had succeeded
    STASH = "stash"
    #: the resource was deleted
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An earlier dictionary."""

    id: str
    #: when it was replaced
    at: datetime
    why: Why
    #: the run that replaced it, empty for a person's edit
    run_id: str
    dictionary: Dictionary


def keep(
    resource_id: str, dictionary: Dictionary, *, why: Why, run_id: str = "", folder: Path | None = None
) -> str | None:
    """Keep a dictionary and return its id.

    :return: None for a dictionary without labels and descriptions, with the same as the newest one kept, or too long.
    :raises OSError: when it cannot be written.
    """
    most = settings.current().dictionary_stash_keep
    if most < 1 or not dictionary.described:
        return None
    content = format.dump(resource_id, why=why.value, run_id=run_id, dictionary=as_json(dictionary))
    if len(content) > MOST:
        log.warning("The Data Dictionary of resource %s is too long to keep earlier versions of it", resource_id)
        return None
    with _entered(resource_id, folder, make=True) as opened:
        there = _entries(opened, resource_id)
        if there and there[0].dictionary.described == dictionary.described:
            return None
        made = _new_id(there)
        atomic.create(opened, f"{made}.json", content)
        # read again: of several writers at once, the last one to read sees all of them
        for oldest in _entries(opened, resource_id)[:most][-1:]:
            _drop_older_than(oldest.id, opened)
    return made


def entries(resource_id: str, *, folder: Path | None = None) -> list[Kept]:
    """Return what is kept, newest first; files that are not ours are skipped.

    :raises OSError: when the folder or a file cannot be read.
    """
    try:
        with _entered(resource_id, folder) as opened:
            return _entries(opened, resource_id)
    except FileNotFoundError:
        return []


def ids(resource_id: str, *, folder: Path | None = None) -> list[str]:
    """Return the ids of what seems to be kept, newest first, by the file names only."""
    try:
        with _entered(resource_id, folder) as opened:
            return [name.removesuffix(".json") for name in _names(opened)]
    except FileNotFoundError:
        return []


def resources(*, folder: Path | None = None) -> list[str]:
    """Return the resources of which something is kept."""
    try:
        with atomic.entered(format.root(folder), FOLDER) as opened:
            return sorted(name for name in atomic.names(opened) if format.is_id(name))
    except FileNotFoundError:
        return []


def clear(resource_id: str, *, folder: Path | None = None) -> int:
    """Remove all that is kept of a resource, and return the number of entries removed."""
    try:
        with _entered(resource_id, folder) as opened:
            ours = _names(opened)
            atomic.remove(opened, *ours)
        with atomic.entered(format.root(folder), FOLDER) as opened:
            atomic.remove_folder(opened, resource_id)
    except FileNotFoundError:
        return 0
    return len(ours)


@contextmanager
def _entered(resource_id: str, folder: Path | None, *, make: bool = False) -> Iterator[int]:
    with atomic.entered(format.root(folder), FOLDER, format.checked(resource_id), make=make) as opened:
        yield opened


def _names(opened: int) -> list[str]:
    """Return the file names that can be entries, newest first."""
    found = (name for name in atomic.names(opened) if name.endswith(".json"))
    return sorted((name for name in found if _NAME.fullmatch(name.removesuffix(".json"))), reverse=True)


def _entries(opened: int, resource_id: str) -> list[Kept]:
    return [kept for name in _names(opened) if (kept := _entry(opened, name, resource_id))]


def _entry(opened: int, name: str, resource_id: str) -> Kept | None:
    try:
        found = format.parse(atomic.read(opened, name, most=MOST), resource_id)
        return Kept(
            id=name.removesuffix(".json"),
            at=datetime.fromisoformat(found["saved_at"]).astimezone(timezone.utc),
            why=Why(found["why"]),
            run_id=str(found["run_id"]),
            dictionary=from_json(found["dictionary"]),
        )
    except FileNotFoundError:
        # another writer has removed it meanwhile
        return None
    except (atomic.NotOurs, KeyError, TypeError, ValueError) as error:
        log.warning("The earlier Data Dictionary %s of resource %s is passed over: %s", name, resource_id, error)
        return None


def _new_id(there: list[Kept]) -> str:
    at = datetime.now(timezone.utc)
    if there and (newest := _NAME.fullmatch(there[0].id)):
        # later than the newest, even if the clock was set back
        at = max(at, datetime.strptime(newest[1], _TIME).replace(tzinfo=timezone.utc) + timedelta(microseconds=1))
    return f"{at:{_TIME}}-{secrets.token_hex(4)}"


def _drop_older_than(oldest: str, opened: int) -> None:
    """Remove older entries, also incomplete ones of interrupted writes; files of other users stay."""
    for name in _names(opened):
        if name < f"{oldest}.json" and atomic.is_ours(opened, name):
            atomic.remove(opened, name)
