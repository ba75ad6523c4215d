"""The registry of columns: one row for each column that a table has or had, in CKAN's database.

Only this module writes ``datapusher_plus_column``. CKAN may get such a table itself; this module then reads that one.

CKAN keeps Data Dictionaries in another database, so one transaction cannot change both. `editing` marks the resource
before an edit and removes its mark after the refresh: a crash between the two leaves a mark, which the sweep repairs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from .. import waits
from ..core.dictionary.described import digest, has_label_and_notes
from ..core.dictionary.model import Column as LiveColumn
from ..core.errors import IngestError
from ..datastore import catalog, connect
from ..model.database import transaction
from ..model.words import column as table
from ..model.words import dirty
from . import queue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a resource's table, also of an earlier one."""

    id: int
    resource_id: str
    name: str
    #: as the file has it; empty if no load has registered the column
    heading: str
    #: place in the table, from 1
    position: int
    pg_type: str
    #: whether the table has the column now
    present: bool
    has_label: bool
    has_notes: bool


_FIELDS = [table.c[name] for name in Column.__slots__]

# the package's row first, then the columns' rows by id: everything that writes the queue locks in this order
_LOCK = """
SELECT set_config('lock_timeout', :patience, true), pg_advisory_xact_lock(hashtextextended(:resource, 16))
"""
_LOCK_DATASET = """
SELECT p.id FROM resource AS r JOIN package AS p ON p.id = r.package_id WHERE r.id = :resource FOR SHARE OF p, r
"""
_LOCK_COLUMNS = (
    "SELECT id, said FROM datapusher_plus_column WHERE resource_id = :resource ORDER BY id FOR NO KEY UPDATE"
)

_WRITE = """
WITH vanished AS (
    UPDATE datapusher_plus_column SET present = false, seen_at = now()
    WHERE resource_id = :resource AND present AND name <> ALL (CAST(:names AS text[]))
)
INSERT INTO datapusher_plus_column AS c
    (resource_id, name, heading, position, pg_type, has_label, has_notes, said, seen_run)
SELECT :resource, f.name, coalesce(f.heading, ''), f.position, f.type, f.has_label, f.has_notes, f.said, :run
FROM unnest(
    CAST(:names AS text[]), CAST(:headings AS text[]), CAST(:types AS text[]), CAST(:labels AS boolean[]),
    CAST(:notes AS boolean[]), CAST(:said AS bytea[])
) WITH ORDINALITY AS f (name, heading, type, has_label, has_notes, said, position)
ON CONFLICT (resource_id, name) DO UPDATE SET
    heading = coalesce(nullif(EXCLUDED.heading, ''), c.heading), position = EXCLUDED.position,
    pg_type = EXCLUDED.pg_type, present = true, has_label = EXCLUDED.has_label, has_notes = EXCLUDED.has_notes,
    said = EXCLUDED.said, seen_run = coalesce(EXCLUDED.seen_run, c.seen_run), seen_at = now()
"""


def refresh(
    resource_id: str,
    run_id: str | None = None,
    headings: Mapping[str, str] | None = None,
    marks: Sequence[int] = (),
) -> None:
    """Bring the registry and the queue up to date with the resource's table, in one transaction.

    Columns that the table does not have any more stay, with ``present`` false.

    :param run_id: the run that loaded the table.
    :param headings: the file's heading by column name; without it the registry keeps what it has.
    :param marks: marks of `mark` to remove.
    :raises IngestError: when the datastore cannot be read.
    """
    with transaction() as connection:
        # the lock comes before the look at the table, so that a later look is never overwritten by an earlier one
        before = _lock(connection, resource_id)
        with connect.connect(autocommit=True) as datastore:
            live = catalog.columns(datastore, resource_id)
        write(connection, resource_id, live, run_id, headings or {})
        after = connection.execute(sa.select(table.c.id, table.c.said).where(table.c.resource_id == resource_id))
        queue.end_claims(connection, [row.id for row in after if before.get(row.id, row.said) != row.said])
        queue.match_resource(connection, resource_id)
        if marks:
            connection.execute(sa.delete(dirty).where(dirty.c.id.in_(marks)))


def _lock(connection: sa.Connection, resource_id: str) -> dict[int, bytes | None]:
    """Lock a resource in the registry, and return what was last read of its columns."""
    values = {"resource": resource_id, "patience": f"{waits.REGISTRY_LOCK}s"}
    for statement in (_LOCK, _LOCK_DATASET):
        connection.execute(sa.text(statement), values)
    return {row.id: row.said for row in connection.execute(sa.text(_LOCK_COLUMNS), values)}


def write(
    connection: sa.Connection,
    resource_id: str,
    live: Sequence[LiveColumn],
    run_id: str | None = None,
    headings: Mapping[str, str] | None = None,
) -> None:
    """Write the columns of one table; all its other columns are not present any more."""
    described = [has_label_and_notes(column.comment) for column in live]
    names = [column.name for column in live]
    connection.execute(
        sa.text(_WRITE),
        {
            "resource": resource_id,
            "run": run_id,
            "names": names,
            "headings": [(headings or {}).get(name) for name in names],
            "types": [column.type for column in live],
            "labels": [label for label, _ in described],
            "notes": [notes for _, notes in described],
            "said": [digest(column.comment) for column in live],
        },
    )


def columns(resource_id: str, *, present_only: bool = True) -> list[Column]:
    """Return the columns of a resource's table in its order, without ``present_only`` also earlier ones."""
    query = sa.select(*_FIELDS).where(table.c.resource_id == resource_id)
    if present_only:
        query = query.where(table.c.present)
    with transaction() as connection:
        return [_column(row) for row in connection.execute(query.order_by(table.c.position, table.c.id))]


def column(column_id: int) -> Column | None:
    """Return one column, None when there is no such id."""
    with transaction() as connection:
        row = connection.execute(sa.select(*_FIELDS).where(table.c.id == column_id)).one_or_none()
    return None if row is None else _column(row)


def _column(row: Any) -> Column:
    return Column(**{name: row._mapping[name] for name in Column.__slots__})


def rename(resource_id: str, old: str, new: str) -> None:
    """Give the row of the removed column ``old`` the name ``new``, so that what refers to it stays.

    The row that ``new`` has already goes; what refers to it refers to the renamed row then, where that has not the
    same already.
    """
    with transaction() as connection:
        _lock(connection, resource_id)
        found = sa.select(table.c.name, table.c.id, table.c.present).where(
            table.c.resource_id == resource_id, table.c.name.in_([old, new])
        )
        rows = {row.name: row for row in connection.execute(found)}
        if old not in rows or rows[old].present:
            return
        present = new in rows and rows[new].present
        if new in rows:
            for statement in _REPOINT:
                connection.execute(sa.text(statement), {"old": rows[old].id, "new": rows[new].id})
        renamed = sa.update(table).where(table.c.id == rows[old].id)
        connection.execute(renamed.values(name=new, present=present))
        queue.match_resource(connection, resource_id)


_REPOINT_DRAFTS = """
UPDATE datapusher_plus_annotation AS a SET column_id = :old WHERE a.column_id = :new AND NOT EXISTS (
    SELECT FROM datapusher_plus_annotation AS k WHERE k.column_id = :old AND k.kind = a.kind AND k.form = a.form
        AND k.value = a.value AND k.span = a.span AND k.creator = a.creator)
"""
_REPOINT_OTHER = """
UPDATE datapusher_plus_{table} AS a SET column_id = :old WHERE a.column_id = :new AND NOT EXISTS (
    SELECT FROM datapusher_plus_{table} AS k WHERE k.column_id = :old AND k.{key} = a.{key})
"""
_REPOINT = (
    _REPOINT_DRAFTS,
    _REPOINT_OTHER.format(table="wish", key="user_id"),
    _REPOINT_OTHER.format(table="skip", key="user_id"),
    _REPOINT_OTHER.format(table="accepted", key="key"),
    "DELETE FROM datapusher_plus_column WHERE id = :new",
)


def forget(connection: sa.Connection, resource_id: str) -> None:
    """Remove a deleted resource's columns with everything that refers to them."""
    connection.execute(sa.delete(table).where(table.c.resource_id == resource_id))
    connection.execute(sa.delete(dirty).where(dirty.c.resource_id == resource_id))


def mark(resource_id: str) -> int:
    """Record that a resource's table is about to be edited, and return the mark's id."""
    with transaction() as connection:
        added = sa.insert(dirty).values(resource_id=resource_id).returning(dirty.c.id)
        return connection.execute(added).scalar_one()


def marked(older_than: float = waits.REGISTRY_MARK) -> dict[str, list[int]]:
    """Return the marks, by resource, that are older than so many seconds: their edits have ended without a refresh."""
    old = dirty.c.at < sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, older_than)
    found: dict[str, list[int]] = {}
    with transaction() as connection:
        for row in connection.execute(sa.select(dirty.c.resource_id, dirty.c.id).where(old).order_by(dirty.c.id)):
            found.setdefault(row.resource_id, []).append(row.id)
    return found


@contextmanager
def editing(resource_id: object) -> Iterator[None]:
    """Bring the registry up to date after an edit of a table in this block, also after one that failed.

    The edit itself must not fail because of the registry: a warning is logged, and the sweep repairs it later.
    """
    if not isinstance(resource_id, str):
        yield
        return
    marks: list[int] = []
    try:
        marks.append(mark(resource_id))
    except SQLAlchemyError:
        log.warning("an edit of resource %s could not be marked", resource_id, exc_info=True)
    try:
        yield
    finally:
        try:
            refresh(resource_id, marks=marks)
        except (IngestError, SQLAlchemyError):
            log.warning("the columns of resource %s are registered later", resource_id, exc_info=True)
