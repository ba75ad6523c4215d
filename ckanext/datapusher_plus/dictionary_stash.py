"""The Data Dictionary on disk while its table is worked on: one small file a resource, replaced whole or not at all.

It knows nothing of CKAN. Beside the stash of a resource, which is cleared when its table is well again, lies
``<id>.vanished.json``: what was written about columns that left the table with a newer file. That one is kept, so the
words come back with the column.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

from . import settings
from .checkpoint import reach
from .core.dictionary import Column, Dictionary, as_json, columns_from_json, from_json

log = logging.getLogger(__name__)

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stash:
    """A dictionary as it was before a run touched the table."""

    resource_id: str
    run_id: str
    saved_at: datetime
    dictionary: Dictionary

    @property
    def age(self) -> float:
        """Return for how many seconds the stash has been lying there."""
        return (datetime.now(timezone.utc) - self.saved_at).total_seconds()


def save(resource_id: str, dictionary: Dictionary, *, run_id: str = "", folder: Path | None = None) -> Path:
    """Write the dictionary so that it survives a crash of the machine, in place of an older stash.

    :raises OSError: when it cannot be written; the older stash is untouched then.
    """
    path = stash_path(resource_id, folder=folder)
    _write(path, {**_head(resource_id, run_id), "dictionary": as_json(dictionary)})
    return path


def load(resource_id: str, *, folder: Path | None = None) -> Stash | None:
    """Return the stash, None when there is none; a file that is none of ours is put aside for a person."""
    path = stash_path(resource_id, folder=folder)
    found = _read(path, resource_id)
    if found is None:
        return None
    try:
        return Stash(
            resource_id=resource_id,
            run_id=str(found["run_id"]),
            saved_at=datetime.fromisoformat(found["saved_at"]),
            dictionary=from_json(found["dictionary"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        _put_aside(path, error)
        return None


def clear(resource_id: str, *, folder: Path | None = None) -> bool:
    """Remove the stash and tell whether there was one."""
    path = stash_path(resource_id, folder=folder)
    for left_by_a_crash in path.parent.glob(f".{path.name}.*.tmp"):
        left_by_a_crash.unlink(missing_ok=True)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    _sync(path.parent)
    return True


def stash_path(resource_id: str, *, folder: Path | None = None) -> Path:
    """Return where the resource's stash is or would be.

    :raises ValueError: when ``resource_id`` is not a UUID in its usual form.
    """
    return _file(resource_id, ".json", folder)


def pending(*, folder: Path | None = None) -> list[str]:
    """Return the resources that have a stash."""
    names = (path.name.removesuffix(".json") for path in _folder(folder).glob("*.json"))
    return sorted(name for name in names if _is_uuid(name))


def remember(resource_id: str, columns: Iterable[Column], *, folder: Path | None = None) -> None:
    """Keep what was written about vanished columns, in place of what was kept; nothing is left when there are none.

    :raises OSError: when it cannot be written; what was kept is untouched then.
    """
    path, kept = _file(resource_id, ".vanished.json", folder), [asdict(column) for column in columns]
    if kept:
        _write(path, {**_head(resource_id, ""), "columns": kept})
    elif path.exists():
        path.unlink()
        _sync(path.parent)


def vanished(resource_id: str, *, folder: Path | None = None) -> tuple[Column, ...]:
    """Return what is kept about columns that the table has no more."""
    path = _file(resource_id, ".vanished.json", folder)
    found = _read(path, resource_id)
    try:
        return columns_from_json(found["columns"]) if found else ()
    except (KeyError, TypeError) as error:
        _put_aside(path, error)
        return ()


# -- files ------------------------------------------------------------------------------------------


def _folder(folder: Path | None) -> Path:
    return folder or settings.current().dictionary_stash_dir


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _file(resource_id: str, ending: str, folder: Path | None) -> Path:
    # the usual form of a UUID has no dot and no slash, so the path cannot leave the folder
    if not _is_uuid(resource_id):
        raise ValueError(f"{resource_id!r} is not a resource id")
    return _folder(folder) / f"{resource_id}{ending}"


def _head(resource_id: str, run_id: str) -> dict[str, Any]:
    now = datetime.now(timezone.utc).isoformat()
    return {"version": VERSION, "resource_id": resource_id, "run_id": run_id, "saved_at": now}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # in the same folder: a rename across file systems is not atomic
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(content, file, indent=1)
            file.flush()
            reach("stash.written")
            os.fsync(file.fileno())
        reach("stash.synced")
        os.replace(temporary, path)
        reach("stash.replaced")
    finally:
        temporary.unlink(missing_ok=True)
    # without this a power cut may forget the rename
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, resource_id: str) -> dict[str, Any] | None:
    try:
        return _ours(json.loads(_text(path)), resource_id)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        _put_aside(path, error)
        return None


def _ours(found: Any, resource_id: str) -> dict[str, Any]:
    if not isinstance(found, dict) or (found.get("version"), found.get("resource_id")) != (VERSION, resource_id):
        raise ValueError(f"not a stash of version {VERSION} of this resource")
    return found


def _text(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="ascii") as file:
        # Its triggers are run as SQL: in a folder that others can write to, only our own files are believed.
        if os.fstat(descriptor).st_uid not in (os.geteuid(), 0):
            raise PermissionError("the file belongs to another user")
        return file.read()


def _put_aside(path: Path, error: Exception) -> None:
    aside = path.with_name(f"{path.name}.{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}.unreadable")
    try:
        path.rename(aside)
    except OSError as refused:
        log.error("The dictionary stash %s cannot be read (%s) nor put aside (%s)", path, error, refused)  # noqa: TRY400
        return
    log.error("The dictionary stash %s cannot be read (%s); it is kept as %s", path, error, aside.name)
