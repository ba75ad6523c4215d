"""Restore labels and descriptions of columns from an earlier Data Dictionary, when a person asks for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from .. import dictionary_stash, settings
from ..core.dictionary import merge
from ..core.dictionary.model import Dictionary
from ..core.dictionary.renames import carried, waiting
from ..core.dictionary.versions import Restoration, restoration
from ..core.errors import DatastoreBusy, StashFailed, StashUnreadable, TableInUse
from ..core.naming import is_heading
from ..datastore import catalog, connect, ddl
from ..datastore.connect import Connection
from ..datastore.lock import ResourceLock
from ..dictionary_stash.history import Why
from ..words import registry

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What was restored, or would be in a dry run."""

    #: columns of the table whose labels and descriptions change
    columns: tuple[str, ...]
    #: columns that the table does not have; their labels and descriptions are set when they are in the table again
    absent: tuple[str, ...]


def today(resource_id: str) -> Dictionary:
    """Return the live table's dictionary with the removed columns; empty when there is neither.

    :raises OSError: when the removed columns cannot be read from disk.
    """
    with connect.connect() as connection:
        return _today(connection, resource_id)


def bring_back(resource_id: str, then: Dictionary, *, overwrite: bool = False, dry_run: bool = False) -> Brought:
    """Restore the comments of ``then``: add keys that are blank now, or replace whole comments (`merge.bring_back`).

    What is replaced is first kept as an earlier dictionary. Nothing is removed from disk.

    :param overwrite: replace the comment of each column that ``then`` has.
    :raises TableInUse: when a load is in progress.
    :raises StashFailed, StashUnreadable: when the present dictionary cannot be kept; nothing is changed then.
    """
    return _write(resource_id, partial(restoration, then, overwrite=overwrite), overwrite=overwrite, dry_run=dry_run)


def carry(resource_id: str, old: str, new: str, *, dry_run: bool = False) -> Brought:
    """Copy what people wrote about the removed column ``old`` to ``new``, for keys blank there (`merge.carry_over`).

    :raises ValueError: when the table has no such column, or nothing is kept of the old one.
    :raises TableInUse: when a load is in progress.
    :raises StashFailed, StashUnreadable: when the present dictionary cannot be kept; nothing is changed then.
    """

    def way(now: Dictionary) -> Restoration:
        return Restoration(comments=carried(now, old, new, _is_heading), removed=now.removed, absent=())

    return _write(
        resource_id, way, overwrite=True, dry_run=dry_run, then=partial(registry.rename, resource_id, old, new)
    )


def describe(
    resource_id: str, entries: Mapping[str, Mapping[str, Any]], *, overwrite: bool = False, dry_run: bool = False
) -> Brought:
    """Set entries of columns' Data Dictionaries, such as the label, and keep all their others (`merge.describe`).

    :param entries: by column, then by key of ``_info``; the new values.
    :param overwrite: also replace entries that are not empty now, and clear them with an empty value.
    :raises KeyError: when the table does not have one of the columns; nothing is changed then.
    :raises TableInUse: when a load is in progress.
    :raises StashFailed, StashUnreadable: when the present dictionary cannot be kept; nothing is changed then.
    """

    def way(now: Dictionary) -> Restoration:
        here = {column.name: column.comment for column in now.columns}
        wanted = {name: merge.describe(here[name], asked, overwrite=overwrite) for name, asked in entries.items()}
        changed = {name: comment for name, comment in wanted.items() if comment != here[name]}
        return Restoration(comments=changed, removed=now.removed, absent=())

    return _write(resource_id, way, overwrite=True, dry_run=dry_run)


def carriable(resource_id: str, known: Iterable[tuple[str, str]] | None) -> tuple[tuple[str, str], ...]:
    """Return (old, new) of columns that were probably renamed and whose label and description can be copied.

    :param known: the pairs that the last load found, None when it did not look for them.
    :raises OSError: when the removed columns cannot be read from disk.
    """
    return waiting(today(resource_id), _is_heading, known)


def _is_heading(label: str, name: str) -> bool:
    current = settings.current()
    return is_heading(label, name, unsafe_prefix=current.unsafe_prefix, reserved=current.reserved_colnames)


def _write(
    resource_id: str,
    decide: Callable[[Dictionary], Restoration],
    *,
    overwrite: bool,
    dry_run: bool,
    then: Callable[[], None] = lambda: None,
) -> Brought:
    """Write the comments that are decided on, with the registry of columns; ``then`` is for the registry too."""
    with registry.editing(None if dry_run else resource_id):
        brought = _write_comments(resource_id, decide, overwrite=overwrite, dry_run=dry_run)
        if not dry_run:
            try:
                then()
            except SQLAlchemyError:
                # the Data Dictionary is changed already
                log.warning("the registry of columns of resource %s is behind", resource_id, exc_info=True)
    return brought


def _write_comments(
    resource_id: str, decide: Callable[[Dictionary], Restoration], *, overwrite: bool, dry_run: bool
) -> Brought:
    with ResourceLock(resource_id) as lock:
        if not lock.acquire():
            raise TableInUse
        with connect.connect("datapusher_plus bring back") as connection:
            _hold(connection, resource_id)
            now = _read(connection, resource_id)
            way = decide(now)
            if not dry_run:
                _keep(resource_id, now, way, overwrite=overwrite)
                ddl.run(connection, ddl.column_comments(ddl.public(resource_id), way.comments))
    return Brought(columns=tuple(way.comments), absent=way.absent)


def _hold(connection: Connection, resource_id: str) -> None:
    if not catalog.table_exists(connection, resource_id):
        return
    try:
        with connect.translated():
            ddl.run(connection, ddl.hold_comments(resource_id))
    except DatastoreBusy as error:
        raise TableInUse from error


def _read(connection: Connection, resource_id: str) -> Dictionary:
    try:
        return _today(connection, resource_id)
    except OSError as error:
        raise StashUnreadable(error.strerror or type(error).__name__) from error


def _today(connection: Connection, resource_id: str) -> Dictionary:
    live = catalog.dictionary(connection, resource_id) or Dictionary(columns=())
    return live.with_removed(dictionary_stash.removed(resource_id))


def _keep(resource_id: str, now: Dictionary, way: Restoration, *, overwrite: bool) -> None:
    """Save to disk what the table is about to lose, and the comments of columns that it does not have."""
    try:
        if overwrite and (way.comments or way.absent):
            dictionary_stash.history.keep(resource_id, now, why=Why.RESTORE)
        if way.absent:
            dictionary_stash.remember(resource_id, way.removed)
    except OSError as error:
        raise StashFailed(error.strerror or type(error).__name__) from error
