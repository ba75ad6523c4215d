"""The stash: a table's dictionary while a run works on the table, one file per resource."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..core.dictionary.model import Dictionary, as_json, from_json
from . import atomic, format, history

log = logging.getLogger(__name__)

_ENDING = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stash:
    """A dictionary as it was before a run changed the table."""

    resource_id: str
    run_id: str
    saved_at: datetime
    dictionary: Dictionary

    @property
    def age(self) -> float:
        """Return the age of the stash in seconds."""
        return (datetime.now(timezone.utc) - self.saved_at).total_seconds()


def save(resource_id: str, dictionary: Dictionary, *, run_id: str = "", folder: Path | None = None) -> Path:
    """Write the dictionary so that it survives a crash of the machine, in place of an older stash.

    :raises OSError: when it cannot be written; the older stash is unchanged then.
    """
    path = stash_path(resource_id, folder=folder)
    content = format.dump(resource_id, run_id=run_id, dictionary=as_json(dictionary))
    _keep_older(resource_id, dictionary, run_id, folder)
    with atomic.entered(path.parent, make=True) as opened:
        atomic.replace(opened, path.name, content)
    return path


def _keep_older(resource_id: str, dictionary: Dictionary, run_id: str, folder: Path | None) -> None:
    try:
        older = format.load(resource_id, stash_path(resource_id).name, folder, _stash, clear=True)
        if older and older.dictionary.described != dictionary.described:
            history.keep(resource_id, older.dictionary, why=history.Why.STASH, run_id=run_id, folder=folder)
    except OSError as error:
        # saving the present dictionary matters more than a copy of the older one
        log.warning("No copy of the older dictionary stash of resource %s could be kept: %s", resource_id, error)


def load(resource_id: str, *, folder: Path | None = None) -> Stash | None:
    """Return the stash, None when there is none; a file that cannot be parsed is renamed for a person to look at.

    :raises OSError: when the folder or the file cannot be read.
    """
    return format.load(resource_id, stash_path(resource_id).name, folder, _stash)


def _stash(found: Mapping[str, Any]) -> Stash:
    return Stash(
        resource_id=str(found["resource_id"]),
        run_id=str(found["run_id"]),
        saved_at=datetime.fromisoformat(found["saved_at"]),
        dictionary=from_json(found["dictionary"]),
    )


def clear(resource_id: str, *, folder: Path | None = None) -> bool:
    """Remove the stash and return whether there was one."""
    path = stash_path(resource_id, folder=folder)
    drop_leftovers(resource_id, folder=folder)
    try:
        with atomic.entered(path.parent) as opened:
            return atomic.remove(opened, path.name)
    except FileNotFoundError:
        return False


def drop_leftovers(resource_id: str, *, folder: Path | None = None) -> None:
    """Remove what interrupted writes left, if possible; the caller must hold the resource's lock."""
    path = stash_path(resource_id, folder=folder)
    with suppress(OSError), atomic.entered(path.parent) as opened:
        atomic.remove(opened, *atomic.left_by_a_crash(opened, resource_id))


def stash_path(resource_id: str, *, folder: Path | None = None) -> Path:
    """Return the path of the resource's stash, whether or not it exists.

    :raises ValueError: when ``resource_id`` is not a UUID in its usual form.
    """
    return format.root(folder) / f"{format.checked(resource_id)}{_ENDING}"


def pending(*, folder: Path | None = None) -> list[str]:
    """Return the resources that have a stash."""
    try:
        with atomic.entered(format.root(folder)) as opened:
            found = atomic.names(opened)
    except FileNotFoundError:
        return []
    ids = (name.removesuffix(_ENDING) for name in found if name.endswith(_ENDING))
    return sorted(name for name in ids if format.is_id(name))
