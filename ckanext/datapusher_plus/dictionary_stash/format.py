"""The format of the files: the fields that all of them have, and what happens to a file that is not a valid one."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

from .. import settings
from . import atomic

log = logging.getLogger(__name__)

T = TypeVar("T")

VERSION = 1

# the usual form of a UUID: it has no dot and no slash, so a path made from it cannot leave the folder
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def root(folder: Path | None) -> Path:
    """Return the stash's folder: ``folder`` if given, else the configured one."""
    return folder or settings.current().dictionary_stash_dir


def is_id(name: str) -> bool:
    """Return whether a name is a resource id."""
    return _ID.fullmatch(name) is not None


def checked(resource_id: str) -> str:
    """Return the resource id unchanged.

    :raises ValueError: when it is not a UUID in its usual form.
    """
    if not is_id(resource_id):
        raise ValueError(f"{resource_id!r} is not a resource id")
    return resource_id


def dump(resource_id: str, **content: Any) -> bytes:
    """Return the content of a file about a resource, as ASCII JSON."""
    now = datetime.now(timezone.utc).isoformat()
    return json.dumps(
        {"version": VERSION, "resource_id": resource_id, "saved_at": now, **content}, indent=1, ensure_ascii=True
    ).encode("ascii")


def parse(content: bytes, resource_id: str) -> Mapping[str, Any]:
    """Return the fields that ``dump`` wrote.

    :raises ValueError: when the content is not from this plugin, or is another resource's.
    """
    try:
        found = json.loads(content.decode("ascii"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict) or (found.get("version"), found.get("resource_id")) != (VERSION, resource_id):
        raise ValueError(f"not a file of version {VERSION} about this resource")
    return found


def load(
    resource_id: str, name: str, folder: Path | None, make: Callable[[Mapping[str, Any]], T], *, clear: bool = False
) -> T | None:
    """Return what ``make`` makes from one of our files, None when there is none.

    A file that cannot be parsed is renamed and counts as missing. A file of another user counts as missing too, but is
    left in its place.

    :param clear: rename another user's file too, because its name is needed.
    :raises OSError: when the folder or the file cannot be read.
    """
    try:
        with atomic.entered(root(folder)) as opened:
            return _load(opened, resource_id, name, make, clear)
    except FileNotFoundError:
        return None


def _load(opened: int, resource_id: str, name: str, make: Callable[[Mapping[str, Any]], T], clear: bool) -> T | None:
    try:
        return make(parse(atomic.read(opened, name), resource_id))
    except atomic.NotOurs as error:
        if clear:
            _put_aside(opened, name, error)
        else:
            log.error("The dictionary stash %s is ignored: %s", name, error)  # noqa: TRY400
    except (KeyError, TypeError, ValueError) as error:
        _put_aside(opened, name, error)
    return None


def _put_aside(opened: int, name: str, error: Exception) -> None:
    """Keep a file that cannot be parsed under another name, so that a person can look at it."""
    aside = f"{name}.{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}.unreadable"
    try:
        atomic.rename(opened, name, aside)
    except OSError as refused:
        log.error("The dictionary stash %s cannot be read (%s) nor put aside (%s)", name, error, refused)  # noqa: TRY400
    else:
        log.error("The dictionary stash %s cannot be read (%s); it is kept as %s", name, error, aside)
