"""A journal of what runs have done to live tables, written in the same transactions.

A resource has at most one open row. When a run has died, the next holder of the resource's lock recovers by that row
(`core.recovery`): ``stashed`` needs nothing, ``destructive`` needs the old table back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ..core.append import LoadedPrefix
from ..core.errors import LockLost
from ..core.recovery import Entry

TABLE = "_datapusher_plus_journal"

#: Two workers may run this for the first time at once; IF NOT EXISTS without the lock lets one of them fail.
_MAKE = f"""
SELECT pg_advisory_xact_lock(hashtext('{TABLE}'));
CREATE TABLE IF NOT EXISTS public.{TABLE} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id text NOT NULL,
    run_id text NOT NULL,
    strategy text NOT NULL,
    phase text NOT NULL CHECK (phase IN ('stashed', 'destructive', 'committed', 'rolled_back')),
    new_oid bigint,
    parked text,
    was jsonb,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS {TABLE}_open ON public.{TABLE} (resource_id)
    WHERE phase IN ('stashed', 'destructive');
ALTER TABLE public.{TABLE} ADD COLUMN IF NOT EXISTS changed_by bigint, ADD COLUMN IF NOT EXISTS held jsonb;
"""
#: Whether the table has the column that was added last.
_MADE = "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'held' AND NOT attisdropped"


def prepare(connection: psycopg.Connection) -> None:
    """Create the journal's table, or add the columns that this version needs."""
    if connection.execute(_MADE, [f"public.{TABLE}"]).fetchone() is None:
        connection.execute(_MAKE)


def begin(connection: psycopg.Connection, resource_id: str, run_id: str, strategy: str) -> None:
    """Open a row: the dictionary is stashed, nothing is changed yet. Delete the resource's closed rows."""
    connection.execute(
        f"DELETE FROM {TABLE} WHERE resource_id = %s AND phase IN ('committed', 'rolled_back')",  # noqa: S608
        [resource_id],
    )
    connection.execute(
        f"INSERT INTO {TABLE} (resource_id, run_id, strategy, phase) VALUES (%s, %s, %s, 'stashed')",  # noqa: S608
        [resource_id, run_id, strategy],
    )


def destroyed(
    connection: psycopg.Connection,
    resource_id: str,
    run_id: str,
    *,
    new_oid: int,
    parked: str | None,
    was: Mapping[str, Any] | None,
) -> None:
    """Record that the tables were exchanged or rows were added, in the transaction that does it.

    :raises LockLost: when the run's row is closed, that is, another worker has taken the run for dead.
    """
    changed = connection.execute(
        f"UPDATE {TABLE} SET phase = 'destructive', new_oid = %s, parked = %s, was = %s, changed_at = now(),"  # noqa: S608
        " changed_by = txid_current()"
        " WHERE resource_id = %s AND run_id = %s AND phase = 'stashed'",
        [new_oid, parked, Jsonb(was) if was else None, resource_id, run_id],
    )
    if changed.rowcount != 1:
        raise LockLost(resource_id)


def open_entry(connection: psycopg.Connection, resource_id: str) -> Entry | None:
    """Return the resource's open row and lock it until the transaction ends."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(
            f"SELECT id, resource_id, run_id, strategy, phase, new_oid, parked, was FROM {TABLE}"  # noqa: S608
            " WHERE resource_id = %s AND phase IN ('stashed', 'destructive') FOR UPDATE",
            [resource_id],
        ).fetchone()


def close(connection: psycopg.Connection, entry: Entry, phase: str, held: LoadedPrefix | None = None) -> None:
    """Close a row as ``committed`` or ``rolled_back``, and record what the table holds then, if known."""
    connection.execute(
        f"UPDATE {TABLE} SET phase = %s, was = NULL, changed_at = now(), held = %s WHERE id = %s",  # noqa: S608
        [phase, Jsonb(held.as_json()) if held else None, entry.id],
    )


def forget(connection: psycopg.Connection, resource_id: str) -> None:
    """Delete all rows of a resource whose table is removed; a run that is still alive then fails with LockLost."""
    connection.execute(f"DELETE FROM {TABLE} WHERE resource_id = %s", [resource_id])  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What the last successful load left."""

    #: oid of its table
    table: int
    #: id of the transaction that put it in place
    transaction: int
    held: LoadedPrefix


def last(connection: psycopg.Connection, resource_id: str) -> Last | None:
    """Return what the resource's last load left, None when that is not known."""
    found = _last_committed(connection, resource_id)
    if found is None or None in found:
        return None
    table, transaction, held = found
    try:
        return Last(table=table, transaction=transaction, held=LoadedPrefix.from_json(held))
    except (KeyError, TypeError, ValueError):
        # written by another version of this plugin
        return None


def put_in_place(connection: psycopg.Connection, resource_id: str) -> tuple[int, int] | None:
    """Return the oid of the resource's table and the id of the transaction that put it in place, None if not known."""
    found = _last_committed(connection, resource_id)
    return None if found is None or None in found[:2] else found[:2]


def _last_committed(connection: psycopg.Connection, resource_id: str) -> tuple[Any, ...] | None:
    return connection.execute(
        f"SELECT new_oid, changed_by, held FROM {TABLE} WHERE resource_id = %s AND phase = 'committed'"  # noqa: S608
        " ORDER BY id DESC LIMIT 1",
        [resource_id],
    ).fetchone()


def open_resources(connection: psycopg.Connection) -> list[str]:
    """Return the resources that have an open row."""
    rows = connection.execute(f"SELECT resource_id FROM {TABLE} WHERE phase IN ('stashed', 'destructive')")  # noqa: S608
    return [row[0] for row in rows.fetchall()]


def oid_of(connection: psycopg.Connection, run_id: str) -> int | None:
    """Return the oid of the table that a run put in place, None when it is not known."""
    found = connection.execute(f"SELECT new_oid FROM {TABLE} WHERE run_id = %s", [run_id]).fetchone()  # noqa: S608
    return found[0] if found else None


def loaded_by(connection: psycopg.Connection, resource_id: str) -> str | None:
    """Return the run that changed the resource's table last, None when it is not known."""
    found = connection.execute(
        f"SELECT run_id FROM {TABLE} WHERE resource_id = %s AND phase IN ('destructive', 'committed')"  # noqa: S608
        " ORDER BY id DESC LIMIT 1",
        [resource_id],
    ).fetchone()
    return found[0] if found else None


def is_committed(connection: psycopg.Connection, run_id: str) -> bool:
    """Return whether the run was committed; asked about a run that died before it could report that."""
    found = connection.execute(
        f"SELECT 1 FROM {TABLE} WHERE run_id = %s AND phase = 'committed'",  # noqa: S608
        [run_id],
    )
    return found.fetchone() is not None
