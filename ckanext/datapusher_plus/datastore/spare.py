"""Find out which cores and how much memory are free on the database's machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg
from psycopg import sql

from .. import settings
from ..core.index_build import Spare
from . import ddl

#: Seconds over which the work of the cores is measured.
_MOMENT = 0.05
_STAT, _MEMORY = Path("/proc/stat"), Path("/proc/meminfo")

#: Other sessions of the write role that work now, in any database; those of other roles are hidden from it.
_BUSY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE usename = current_user AND state = 'active' AND pid <> pg_backend_pid()
"""
#: Both addresses are the same on one machine, and NULL with a Unix socket.
_HERE = "SELECT inet_server_addr() IS NOT DISTINCT FROM inet_client_addr()"
#: Of a smaller table PostgreSQL builds every index on one core.
_LARGE = """
    SELECT pg_relation_size({}::regclass) >= setting::bigint * current_setting('block_size')::bigint
    FROM pg_settings WHERE name = 'min_parallel_table_scan_size'
"""
#: An index is hardly larger than its table.
_CACHED = """
    SELECT pg_table_size({}::regclass) * 2 <= setting::bigint * current_setting('block_size')::bigint
    FROM pg_settings WHERE name = 'shared_buffers'
"""


def spare(connection: psycopg.Connection, table: str) -> Spare:
    """Return what can be spared to build the indexes of ``table``; no cores for a table that is too small."""
    here = bool(_ask(connection, _HERE))
    free = free_memory() if here else None
    name = sql.Literal(ddl.public(table).as_string(connection))
    cached = bool(_ask(connection, sql.SQL(_CACHED).format(name)))
    if not _ask(connection, sql.SQL(_LARGE).format(name)):
        return Spare(free=free, cached=cached)
    left = settings.current().parallelism - int(str(_ask(connection, _BUSY)))
    idle = idle_cores() if here and left > 1 else None
    return Spare(cores=max(0, left if idle is None else min(left, idle)), free=free, cached=cached)


def idle_cores() -> int | None:
    """Return how many of this machine's cores have no work at the moment, None if the system does not say."""
    before = _times()
    time.sleep(_MOMENT)
    after = _times()
    if before is None or after is None or after[1] <= before[1]:
        return None
    return round((os.cpu_count() or 1) * (after[0] - before[0]) / (after[1] - before[1]))


def free_memory() -> int | None:
    """Return the kilobytes of memory that programs can still take on this machine, None if the system does not say."""
    try:
        lines = _MEMORY.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def _times() -> tuple[int, int] | None:
    """Return how long the cores had no work, and the time in total."""
    try:
        first = _STAT.read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return None
    # user, nice, system, idle, iowait, irq, softirq, steal; the rest is part of the first two
    times = [int(value) for value in first.split()[1:9]]
    return times[3] + times[4], sum(times)


def _ask(connection: psycopg.Connection, query: str | sql.Composed) -> object:
    row = connection.execute(query).fetchone()  # pyright: ignore[reportArgumentType,reportCallIssue]
    return row[0] if row else None
