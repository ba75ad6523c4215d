"""Run statements on several connections at once; the first that fails cancels the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from queue import SimpleQueue

import psycopg

from .. import waits
from .connect import close, open_connection, stop_statement

Work = Callable[[psycopg.Connection], None]


def run(
    works: Sequence[Work], connections: int, own: psycopg.Connection, *, done: Callable[[], None] = lambda: None
) -> None:
    """Carry out ``works``, each in its own transaction, and call ``done`` in this thread after each.

    When one fails, or this thread is interrupted, the others are cancelled in the database before the error is raised.

    :param own: the caller's connection; it is used when several connections are not worth opening.
    """
    if min(connections, len(works)) > 1:
        _run_at_once(works, connections, done)
        return
    for work in works:
        with own.transaction():
            work(own)
        done()


def _run_at_once(works: Sequence[Work], connections: int, done: Callable[[], None]) -> None:
    opened = _open(min(connections, len(works)))
    free: SimpleQueue[psycopg.Connection] = SimpleQueue()
    for connection in opened:
        free.put(connection)
    with ThreadPoolExecutor(max_workers=len(opened)) as threads:
        futures = [threads.submit(_carry_out, work, free) for work in works]
        try:
            for future in as_completed(futures):
                future.result()
                done()
        finally:
            _end(futures, opened)


def _open(count: int) -> list[psycopg.Connection]:
    return [open_connection("datapusher_plus load", autocommit=False) for _ in range(count)]


def _carry_out(work: Work, free: SimpleQueue[psycopg.Connection]) -> None:
    connection = free.get()
    try:
        work(connection)
        connection.commit()
    finally:
        free.put(connection)


def _end(futures: list[Future[None]], connections: list[psycopg.Connection]) -> None:
    running = [future for future in futures if not future.cancel()]
    while wait(running, timeout=waits.CANCEL_PAUSE).not_done:
        for connection in connections:
            stop_statement(connection)
    for connection in connections:
        close(connection)
