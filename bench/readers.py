"""Readers of the live table while it is reloaded: the longest that any of them waits at the exchange.

Each of 8 processes asks for one row of the live table by its key, again and again with a short pause, and notes how
long the answer took and of which table it was. The first answer from a new table tells when the exchange was.
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
#: Seconds between two questions of one reader: enough that eight of them leave the machine to the load.
PAUSE = 0.004
#: Seconds before and after the exchange in which a wait counts as one for it.
AROUND = 1.0

_context = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Answer:
    """One question, answered."""

    #: time.monotonic(), which all processes of a machine share
    asked: float
    answered: float
    #: the table that it came from
    table: int

    @property
    def wait(self) -> float:
        """Return the milliseconds that it took."""
        return 1000 * (self.answered - self.asked)


def measure(ground: Ground, subject: Subject) -> tuple[float, float]:
    """Reload once under 8 readers; return the longest wait at the exchange, and in as long a time before it, in ms.

    Nothing is subtracted: what a reader waits for the processor is in both.
    """
    answers: list[Answer] = []
    with _reading(ground.read_dsn, subject, answers):
        time.sleep(AROUND)
        ours.load(ground, subject)
        time.sleep(AROUND)
    return longest(answers)


def longest(answers: list[Answer]) -> tuple[float, float]:
    """Return the longest wait around the first answer from a new table, and in as long a time before that.

    :raises ValueError: when the answers are not from two tables.
    """
    first = min(answers, key=lambda answer: answer.asked)
    exchanged = min(answer.answered for answer in answers if answer.table != first.table)
    at = _longest(answers, exchanged - AROUND, exchanged + AROUND)
    return at, _longest(answers, exchanged - 3 * AROUND, exchanged - AROUND)


def _longest(answers: list[Answer], begin: float, end: float) -> float:
    # a wait that began in the time before belongs to the time in which it ended
    return max((answer.wait for answer in answers if begin <= answer.answered < end), default=0.0)


@contextmanager
def _reading(dsn: str, subject: Subject, answers: list[Answer]) -> Iterator[None]:
    """Have readers read, and add their answers to ``answers`` in the end."""
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
    """Read until told to stop, then send what was noted; a question that fails ends the benchmark."""
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
