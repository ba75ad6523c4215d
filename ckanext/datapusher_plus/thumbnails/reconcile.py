"""Bring rows and files of pictures together again, and remove pictures that nobody may see any more."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterator
from datetime import date

from . import access, generate, storage, store

log = logging.getLogger(__name__)

#: Each day one part of all resources is looked at, so that a large storage is not listed against all rows at once.
PARTS = 7


def withdraw(resource_ids: Collection[str] | None = None, *, dry_run: bool = False) -> Iterator[str]:
    """Remove the pictures of resources that are private or gone, and yield a message for each.

    A file is removed before its row, so that what fails is tried again.

    :param resource_ids: which resources to look at; None for all.
    """
    for resource_id, paths in store.hidden(resource_ids).items():
        if not dry_run:
            _take(resource_id, paths)
        yield f"{resource_id}: it is private or gone; its pictures {'would be' if dry_run else 'are'} removed."


def reconcile(part: int | None = None, *, dry_run: bool = False) -> Iterator[str]:
    """Repair what does not fit together, and yield a message for each repair.

    :param part: from 0 to ``PARTS`` - 1: which part of all resources to look at; None for all.
    """
    hidden = set(store.hidden())
    yield from withdraw(dry_run=dry_run)
    stored = {path: resource for each in _parts(part) for path, resource in store.in_slice(each, PARTS).items()}
    rows = {path: resource for path, resource in stored.items() if resource not in hidden}
    yield from _no_longer_public(set(rows.values()), dry_run=dry_run)
    listed = storage.names()
    files = None if listed is None else {name for name in listed if _part(name) in _parts(part)}
    yield from _without_file(rows, files, dry_run=dry_run)
    yield from _without_row(sorted((files or set()) - set(stored)), dry_run=dry_run)


def part_of(day: date) -> int:
    """Return the part of a day."""
    return day.toordinal() % PARTS


def _parts(part: int | None) -> tuple[int, ...]:
    return tuple(range(PARTS)) if part is None else (part,)


def _part(path: str) -> int:
    """Return the part of a file's resource; ``store.in_slice`` computes the same."""
    digest = hashlib.md5(storage.resource_of(path).encode(), usedforsecurity=False).hexdigest()
    return int(digest[:4], 16) % PARTS


def _take(resource_id: str, paths: Collection[str]) -> None:
    gone = storage.remove(path for path in paths if path)
    store.forget(resource_id, [*gone, ""])


def _no_longer_public(resource_ids: Collection[str], *, dry_run: bool) -> Iterator[str]:
    """Remove pictures of resources that a plugin's rules hide; nothing reports when such rules change."""
    for resource_id in sorted(resource_ids):
        if not access.everybody_may_read(resource_id):
            if not dry_run:
                paths = [row.path for row in store.find([resource_id]).get(resource_id, store.Found()).rows.values()]
                _take(resource_id, paths)
            yield f"{resource_id}: not everybody may read it; its pictures {'would be' if dry_run else 'are'} removed."


def _without_file(rows: dict[str, str], files: Collection[str] | None, *, dry_run: bool) -> Iterator[str]:
    missing = [path for path in sorted(rows) if files is None or path not in files]
    # a file may be newer than the list of files
    missing = [path for path in missing if not storage.exists(path)]
    if missing and not dry_run:
        store.blank(missing)
    for path in missing:
        yield f"{rows[path]}: the file {path} is gone; it {'would be' if dry_run else 'will be'} made again."


def _without_row(paths: Collection[str], *, dry_run: bool) -> Iterator[str]:
    # a row may be newer than the list of rows, so both look again
    for path in generate.superfluous(paths) if dry_run else generate.discard(paths):
        yield f"{storage.resource_of(path)}: the file {path} has no row and {'would be' if dry_run else 'is'} removed."
