"""Remove tables that are kept for an undo: when they are too old, and when their resource or its table is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from .. import portal, settings
from ..core.kept import is_expired
from ..datastore import catalog, connect, kept
from ..datastore.lock import ResourceLock


def tidy(resource_id: str | None, dry_run: bool) -> Iterator[str]:
    """Remove the kept tables that nobody can need, and return a message for each resource."""
    with connect.connect(autocommit=True) as connection:
        found = kept.every(connection)
    for each in sorted(found):
        if resource_id not in (None, each) or not _is_over(each):
            continue
        if dry_run:
            yield f"{each}: the table that was kept for an undo would be removed."
        elif _remove(each):
            yield f"{each}: the table that was kept for an undo is removed."


def forget(resource_id: str) -> None:
    """Remove the kept table of a resource whose table was deleted, unless a run holds the resource's lock."""
    with connect.connect(autocommit=True) as connection:
        live = catalog.table_exists(connection, resource_id)
    if not live:
        _remove(resource_id)


def _is_over(resource_id: str) -> bool:
    with connect.connect(autocommit=True) as connection:
        found, live = kept.kept_table(connection, resource_id), catalog.table_exists(connection, resource_id)
    if found is None:
        return False
    site = settings.current()
    keep = bool(site.keep_tables) and live and not portal.is_gone(resource_id)
    return is_expired(_age(found.at), site.keep_tables_days, keep=keep)


def _age(at: str) -> float:
    since = datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=timezone.utc)
    return (datetime.now(timezone.utc) - since).total_seconds()


def _remove(resource_id: str) -> bool:
    """Remove the kept table unless a run holds the resource's lock; an undo may just be using it."""
    with ResourceLock(resource_id) as lock:
        if not lock.acquire() or not _is_over(resource_id):
            return False
        with connect.connect(autocommit=True) as connection:
            return kept.drop(connection, resource_id) > 0
