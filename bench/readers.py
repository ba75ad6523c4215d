"""Readers of the live table during a reload: the longest wait of any of them at the exchange of the tables.

Each of 8 processes queries one row of the live table by its key, repeatedly with a short pause, and records how long
the answer took and which table it came from. The first answer from the new table shows the time of the exchange.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import psycopg
from psycopg import sql

from . import ours
from .stack import Ground
from .subject import Subject

READERS = 8
#: Seconds between two queries of one reader: long enough that eight readers hardly slow down the load.
PAUSE = 0.004
#: Seconds before and after the exchange in which a wait is attributed to it.
AROUND = 1.0

_context = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Answer:
    """One query and its answer."""

    #: time.monotonic(), which all processes of a machine share
    asked: float
    answered: float
    #: oid of the table that it came from
    table: int

    @property
    def wait(self) -> float:
        """Return the duration of the query in milliseconds."""
        return 1000 * (self.answered - self.asked)


def measure(ground: Ground, subject: Subject) -> tuple[float, float]:
    """Reload the table once under 8 readers.

    :returns: the longest wait in ms at the exchange, and in an equally long time before it. Both include the time that
        a reader waits for the processor; nothing is subtracted.
    """
    answers: list[Answer] = []
    with _reading(ground.read_dsn, subject, answers):
        time.sleep(AROUND)
        ours.load(ground, subject)
        time.sleep(AROUND)
    return longest(answers)


def longest(answers: list[Answer]) -> tuple[float, float]:
    """Return the longest wait around the first answer from the new table, and in an equally long time before that.

    :returns: milliseconds.
    :raises ValueError: when all answers are from one table, or there are none.
    """
    first = min(answers, key=lambda answer: answer.asked)
    exchanged = min(answer.answered for answer in answers if answer.table != first.table)
    at = _longest(answers, exchanged - AROUND, exchanged + AROUND)
    return at, _longest(answers, exchanged - 3 * AROUND, exchanged - AROUND)


def _longest(answers: list[Answer], begin: float, end: float) -> float:
    # a wait counts in the period in which it ended
    return max((answer.wait for answer in answers if begin <= answer.answered < end), default=0.0)


@contextmanager
def _reading(dsn: str, subject: Subject, answers: list[Answer]) -> Iterator[None]:
    """Run the readers during the block, and add their answers to ``answers`` at its end."""
    pipes = [_context.Pipe() for _ in range(READERS)]
    processes = [
        _context.Process(target=read, args=(theirs, dsn, subject.resource_id, subject.sample.rows), daemon=True)
        for _, theirs in pipes
    ]
    for process in processes:
        process.start()
    for mine, _ in pipes:
        mine.recv()
    try:
        yield
    finally:
        for mine, _ in pipes:
            mine.send("stop")
        for mine, _ in pipes:
            answers += [Answer(*answer) for answer in mine.recv()]
        for process in processes:
            process.join()


def read(orders: Connection, dsn: str, table: str, rows: int) -> None:
    """Query the table until a message arrives on ``orders``, then send the recorded answers.

    Runs in a process of its own. A query that fails ends the benchmark.
    """
    rng = random.Random()
    query = sql.SQL("SELECT tableoid::bigint, * FROM {} WHERE _id = %s").format(sql.Identifier(table))
    noted: list[tuple[float, float, int]] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        orders.send("ready")
        while not orders.poll(PAUSE):
            asked = time.monotonic()
            row = connection.execute(query, [1 + int(rng.random() * rows)], prepare=False).fetchone()
            noted.append((asked, time.monotonic(), row[0] if row else 0))
    orders.send(noted)
