"""Where the database stores tables, how much room is left there, and how much room tables take."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What shows where new tables are stored."""

    #: process id of this connection's server process
    pid: int
    #: how the title of such a process begins in the list of processes
    title: str
    #: folder of the tablespace; empty for one in the data directory
    tablespace: str


_WHEREABOUTS = """
    SELECT pg_backend_pid() AS pid, concat('postgres: ', session_user, ' ', current_database(), ' ') AS title,
           pg_tablespace_location(coalesce(
               (SELECT oid FROM pg_tablespace WHERE spcname = nullif(current_setting('default_tablespace'), '')),
               (SELECT dattablespace FROM pg_database WHERE datname = current_database()))) AS tablespace
"""


def whereabouts(connection: psycopg.Connection) -> Whereabouts:
    """Return what shows where new tables of the connected role are stored."""
    with connection.cursor(row_factory=class_row(Whereabouts)) as cursor:
        return cursor.execute(_WHEREABOUTS).fetchone()  # pyright: ignore[reportReturnType] (one row always)


def free(folder: Path) -> int:
    """Return the number of bytes that this user may still write to the folder's disk."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def data_folder(where: Whereabouts, proc: Path = Path("/proc")) -> Path | None:
    """Return the folder in which the database creates new tables, None when it is not on this machine.

    The write role may not read the setting ``data_directory``, but the command line of a local server has it.
    """
    try:
        if not (proc / str(where.pid) / "cmdline").read_text(errors="replace").startswith(where.title):
            return None
        parent = (proc / str(where.pid) / "stat").read_text().rpartition(")")[2].split()[1]
        server = (proc / parent / "cmdline").read_text(errors="replace").split("\0")
        folder = Path(where.tablespace or server[server.index("-D") + 1])
        os.statvfs(folder)
    except (OSError, ValueError, IndexError):
        return None
    return folder


def free_for_tables(connection: psycopg.Connection) -> int | None:
    """Return the free bytes of the disk for new tables, None when that is not on this machine."""
    folder = data_folder(whereabouts(connection))
    return None if folder is None else free(folder)


def size_of(connection: psycopg.Connection, table: str) -> int:
    """Return the bytes that a table takes with its indexes and long values (TOAST); 0 for one that is not there."""
    query = "SELECT coalesce(pg_total_relation_size(to_regclass(%s)), 0)"
    row = connection.execute(query, [f'public."{table}"']).fetchone()
    return row[0] if row else 0
