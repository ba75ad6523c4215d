"""Nobody who reads during a reload sees a missing, empty or half-filled table."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
from ckan.plugins import toolkit as tk
from psycopg import sql

from tests.fix_tables import Table
from tests.loads import Loader

#: how many rows, the least and the greatest size that they name
Look = tuple[int, int, int]

#: Rows of the two files that take turns.
SIZES = (300, 700)


def file(rows: int) -> bytes:
    return b"n,size\n" + b"".join(b"%d,%d\n" % (n, rows) for n in range(rows))


def read_by_sql(table: Table) -> Callable[[], Look]:
    query = sql.SQL("SELECT count(*), min(size)::int, max(size)::int FROM {}").format(sql.Identifier(table.resource_id))

    def count() -> Look:
        with psycopg.connect(tk.config["ckan.datastore.read_url"]) as connection:
            return connection.execute(query).fetchone() or (0, 0, 0)

    return count


def read_by_api(table: Table) -> Callable[[], Look]:
    def search() -> Look:
        found = tk.get_action("datastore_search")(
            {"ignore_auth": True}, {"resource_id": table.resource_id, "limit": 1000, "include_total": True}
        )
        sizes = [int(row["size"]) for row in found["records"]]
        return len(sizes), min(sizes), max(sizes)

    return search


def watch(read: Callable[[], Look], stop: threading.Event) -> tuple[set[Look], float]:
    """Read on and on and return what was seen, and how long the slowest look took."""
    seen, slowest = set(), 0.0
    while not stop.is_set():
        started = time.monotonic()
        seen.add(read())
        slowest = max(slowest, time.monotonic() - started)
    return seen, slowest


def test_eight_readers_see_one_whole_table_or_the_other(table: Table, loader: Loader) -> None:
    loader.load(file(SIZES[0]))
    stop = threading.Event()
    with ThreadPoolExecutor(8) as threads:
        # CKAN's search fails by itself when more of them run at once than its connection pool keeps connections for
        readers = [*[read_by_api(table)] * 2, *[read_by_sql(table)] * 6]
        watchers = [threads.submit(watch, reader, stop) for reader in readers]
        try:
            for turn in range(6):
                loader.load(file(SIZES[(turn + 1) % 2]))
        finally:
            stop.set()
    seen = set().union(*(watcher.result()[0] for watcher in watchers))
    assert seen == {(rows, rows, rows) for rows in SIZES}
    print(f"slowest look: {max(watcher.result()[1] for watcher in watchers) * 1000:.0f} ms")
