"""Remove pictures of hidden resources in each sweep, and compare rows with files, a part each day."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timezone

import file_keeper

from .. import settings
from ..portal.private_storage import NoStorage
from ..thumbnails.reconcile import part_of, reconcile, withdraw

log = logging.getLogger(__name__)

#: Day of this process's last comparison.
_looked: list[date] = []


def tidy(dry_run: bool) -> Iterator[str]:
    """Repair pictures, and yield a message for each repair."""
    today = datetime.now(timezone.utc).date()
    is_due = bool(settings.current().thumbnail_sizes) and today not in _looked and not dry_run
    try:
        yield from reconcile(part_of(today)) if is_due else withdraw(dry_run=dry_run)
    except (NoStorage, OSError, file_keeper.exc.FilesError):
        log.exception("Pictures could not be compared with their files now; that will be tried again.")
        return
    if is_due:
        _looked[:] = [today]
