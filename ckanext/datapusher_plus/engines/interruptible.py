"""Queries that a signal or a time limit ends at once; DuckDB lets no signal handler of Python run while it works."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import duckdb

from .. import waits


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query; while it runs, this thread waits where an exception can come out of a handler."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        answer = threads.submit(lambda: connection.execute(query).fetchall())
        try:
            return answer.result()
        finally:
            while wait([answer], timeout=waits.CANCEL_PAUSE).not_done:
                connection.interrupt()
