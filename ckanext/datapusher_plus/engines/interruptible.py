"""Queries that a signal or a time limit ends at once: while DuckDB works, Python's signal handlers do not run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import duckdb

from .. import waits


def rows(connection: duckdb.DuckDBPyConnection, query: str, seconds: float | None = None) -> list[tuple[Any, ...]]:
    """Return the rows of a query, run in another thread, so that a signal handler can raise an exception in this one.

    After an exception the query is interrupted until it has ended.

    :param seconds: time limit; None for none.
    :raises concurrent.futures.TimeoutError: when the query takes longer.
    """
    with ThreadPoolExecutor(max_workers=1) as threads:
        answer = threads.submit(lambda: connection.execute(query).fetchall())
        try:
            return answer.result(seconds)
        finally:
            while wait([answer], timeout=waits.CANCEL_PAUSE).not_done:
                connection.interrupt()
