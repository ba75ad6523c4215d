"""What runs have done to live tables, written in the very transactions that do it.

At most one row of a resource is open. The row of a run that died tells whoever holds the resource's lock next what to
put right: nothing when it is ``stashed``, the old table when it is ``destructive``.
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

TABLE = "_datapusher_plus_journal"

#: Two workers may come here for the first time at once, and IF NOT EXISTS alone lets one of them fail.
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
#: Whether the newest of these has been made.
_MADE = "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'held' AND NOT attisdropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An open row."""

    id: int
    resource_id: str
    run_id: str
    strategy: str
    phase: str
    #: identity of the table that the run put in place; None before that
    new_oid: int | None
    #: table that the old one was renamed to; None when there was none, and under ``replace``
    parked: str | None
    #: everything about the old table but its rows (``swap_record.Record`` as JSON); None when there was none
    was: dict[str, Any] | None


def prepare(connection: psycopg.Connection) -> None:
    """Make the journal's table if it is not there, or not as this version needs it."""
    if connection.execute(_MADE, [f"public.{TABLE}"]).fetchone() is None:
        connection.execute(_MAKE)


def begin(connection: psycopg.Connection, resource_id: str, run_id: str, strategy: str) -> None:
    """Open a row: the dictionary is safe, nothing has been touched. Closed rows of the resource are forgotten."""
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
    """Note in the transaction that exchanges the tables, or adds rows, that it has done so.

    :raises LockLost: when somebody has closed the run's row, that is, has taken the run for dead.
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
    """Return the resource's open row and keep others off it until the transaction ends."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(
            f"SELECT id, resource_id, run_id, strategy, phase, new_oid, parked, was FROM {TABLE}"  # noqa: S608
            " WHERE resource_id = %s AND phase IN ('stashed', 'destructive') FOR UPDATE",
            [resource_id],
        ).fetchone()


def close(connection: psycopg.Connection, entry: Entry, phase: str, held: LoadedPrefix | None = None) -> None:
    """Close a row as ``committed`` or ``rolled_back``, with what the table holds then if that is known."""
    connection.execute(
        f"UPDATE {TABLE} SET phase = %s, was = NULL, changed_at = now(), held = %s WHERE id = %s",  # noqa: S608
        [phase, Jsonb(held.as_json()) if held else None, entry.id],
    )


def forget(connection: psycopg.Connection, resource_id: str) -> None:
    """Delete all rows of a resource whose table is removed; a run that is not dead yet finds its lock lost."""
    connection.execute(f"DELETE FROM {TABLE} WHERE resource_id = %s", [resource_id])  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What the last good load has left."""

    #: identity of its table
    table: int
    #: number of the transaction that put it in place
    transaction: int
    held: LoadedPrefix


def last(connection: psycopg.Connection, resource_id: str) -> Last | None:
    """Return what the resource's last load has left, None when that is not known any more."""
    found = connection.execute(
        f"SELECT new_oid, changed_by, held FROM {TABLE} WHERE resource_id = %s AND phase = 'committed'"  # noqa: S608
        " ORDER BY id DESC LIMIT 1",
        [resource_id],
    ).fetchone()
    if found is None or None in found:
        return None
    table, transaction, held = found
    try:
        return Last(table=table, transaction=transaction, held=LoadedPrefix.from_json(held))
    except (KeyError, TypeError, ValueError):
        # another version of this plugin knows what that is
        return None


def open_resources(connection: psycopg.Connection) -> list[str]:
    """Return the resources that have an open row."""
    rows = connection.execute(f"SELECT resource_id FROM {TABLE} WHERE phase IN ('stashed', 'destructive')")  # noqa: S608
    return [row[0] for row in rows.fetchall()]


def oid_of(connection: psycopg.Connection, run_id: str) -> int | None:
    """Return the identity of the table that a run put in place, None when that is not known any more."""
    found = connection.execute(f"SELECT new_oid FROM {TABLE} WHERE run_id = %s", [run_id]).fetchone()  # noqa: S608
    return found[0] if found else None


def is_committed(connection: psycopg.Connection, run_id: str) -> bool:
    """Tell whether the run's table is in place for good; asked about a run that died before it could say so."""
    found = connection.execute(
        f"SELECT 1 FROM {TABLE} WHERE run_id = %s AND phase = 'committed'",  # noqa: S608
        [run_id],
    )
    return found.fetchone() is not None
