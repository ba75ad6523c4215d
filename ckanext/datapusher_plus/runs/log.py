"""The log of a run in CKAN's database; usually each line is written at once, so that people can follow the run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from .. import settings, waits
from ..core.message import say
from ..core.safe_text import page_line
from ..core.values import Log
from ..model import log as log_table
from ..model import run
from . import database
from .texts import LONGEST, line_of

#: Name of the logger that also gets each line, for operators.
OPERATORS = __name__

#: Most lines of one run that are kept: a hostile file must not fill the database.
MOST_LINES = 2_000
#: Most characters of a file's name, and most steps, that are kept of a run.
LONGEST_NAME = 200
MOST_STEPS = 50

FULL = say("More than {lines} lines; the rest is in the worker's log only.", lines=MOST_LINES)


class RunLog:
    """Implementation of ``core.log.Log`` for one run."""

    def __init__(self, run_id: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._run_id = run_id
        self._least = getattr(logging, settings.current().upload_log_level)
        self._operators = logging.getLogger(OPERATORS)
        self._clock = clock
        self._lines = 0
        self._stage = ""
        self._progress_at = float("-inf")
        self._began = clock()
        #: stages in the order in which they began, each with its seconds after the start
        self._steps: list[tuple[str, float]] = []
        #: what is known of the whole file
        self._known: dict[str, int] = {}
        #: lines, and columns of the run's row, that are not written yet
        self._waiting: list[dict[str, Any]] = []
        self._noted: dict[str, Any] = {}
        self._gathers = False
        self._written_at = self._began

    def gather(self) -> None:
        """Write several lines together from now on, about every ``waits.LOG_TOGETHER`` seconds, until ``flush``.

        A small file has 20 lines and reports within a second, and each transaction costs as much as a step of its load.
        """
        self._gathers = True

    def flush(self) -> None:
        """Write the lines that wait, and each further one at once."""
        self._gathers = False
        self._save()

    def debug(self, message: str) -> None:
        self._write(logging.DEBUG, message)

    def info(self, message: str) -> None:
        self._write(logging.INFO, message)

    def warning(self, message: str) -> None:
        self._write(logging.WARNING, message)

    def error(self, message: str) -> None:
        self._write(logging.ERROR, message)

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """Record the progress of a stage.

        A report less than ``waits.PROGRESS_PAUSE`` seconds after the last one is dropped, unless a stage begins or
        ends.
        """
        edge = stage != self._stage or done == total
        if not edge and self._clock() - self._progress_at < waits.PROGRESS_PAUSE:
            return
        values: dict[str, Any] = {"progress": {"stage": stage, "done": done, "total": total, **self._known}}
        self._progress_at = self._clock()
        if stage != self._stage and len(self._steps) < MOST_STEPS:
            self._steps.append((stage, round(self._progress_at - self._began, 3)))
            values["steps"] = self._steps
        self._stage = stage
        self._note(values)

    def file(self, name: str, size: int | None = None) -> None:
        """Record the file's name, and its size once that is known."""
        self._note({"file": {"name": page_line(name, LONGEST_NAME), "size": size}})

    def rows(self, rows: int | None) -> None:
        """Record how many rows the file has, for the reports of progress that follow."""
        self._known = {} if rows is None else {"rows": rows}

    def _write(self, level: int, message: str) -> None:
        clean = page_line(message, LONGEST)
        self._operators.log(level, "run %s: %s", self._run_id, clean)
        if level < self._least or self._lines > MOST_LINES:
            return
        self._lines += 1
        kept = line_of(message if self._lines <= MOST_LINES else FULL)
        self._waiting.append(
            {"run_id": self._run_id, "at": database.now(), "level": logging.getLevelName(level), **kept}
        )
        self._save_unless_gathering()

    def _note(self, values: dict[str, Any]) -> None:
        self._noted.update(values)
        self._save_unless_gathering()

    def _save_unless_gathering(self) -> None:
        if not self._gathers or self._clock() - self._written_at > waits.LOG_TOGETHER:
            self._save()

    def _save(self) -> None:
        lines, noted = self._waiting, self._noted
        self._waiting, self._noted, self._written_at = [], {}, self._clock()
        if not lines and not noted:
            return
        try:
            with database.transaction() as connection:
                if noted:
                    connection.execute(sa.update(run).where(run.c.id == self._run_id).values(**noted))
                if lines:
                    connection.execute(sa.insert(log_table), lines)
        except SQLAlchemyError:
            # a load must not fail only because its log cannot be written
            self._operators.exception("run %s: the log in CKAN's database cannot be written", self._run_id)


class _Later:
    """A log that keeps warnings back and passes all other messages on at once."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.debug, self.info, self.error, self.progress = log.debug, log.info, log.error, log.progress
        self.warnings: list[str] = []

    def warning(self, message: str) -> None:
        self.warnings.append(message)


@contextmanager
def warnings_last(log: Log) -> Iterator[Log]:
    """Return a log that writes its warnings at the end of the block, so that more important ones can come first."""
    later = _Later(log)
    try:
        yield later
    finally:
        for message in later.warnings:
            log.warning(message)
