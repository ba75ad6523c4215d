"""Detect the end of a run in its row in the database, as soon as it is committed."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import psutil
import psycopg

#: Seconds between two queries: by so much a measurement may be too long.
LOOK = 0.005
#: The longest wait, in seconds, for the process of a run that has ended.
_AFTER_THE_END = 330
_ENDED = ("complete", "complete_with_warnings", "skipped", "error", "cancelled", "waiting_for_review", "rejected")


class RunFailed(RuntimeError):
    """A measured load did not end in the expected state, or not in time."""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the plugin's table of runs."""

    id: str
    state: str
    requested_at: datetime
    dispatched_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    worker: str | None
    rows: int | None
    error: dict[str, str] | None

    @property
    def pid(self) -> int:
        """Return the pid of the run's process, 0 before it has claimed the run."""
        return int(self.worker.rpartition(":")[2]) if self.worker else 0

    @property
    def over(self) -> bool:
        """Return whether the run has ended."""
        return self.state in _ENDED


class Runs:
    """Connection to CKAN's database that reads the runs of a site."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def latest(self, resource_id: str) -> Run | None:
        """Return the resource's newest run, None without runs."""
        row = self._connection.execute(
            "SELECT id, state, requested_at, dispatched_at, started_at, finished_at, worker, rows, error"
            " FROM datapusher_plus_run WHERE resource_id = %s ORDER BY requested_at DESC LIMIT 1",
            [resource_id],
        ).fetchone()
        return Run(*row) if row else None

    def open(self, resource_ids: list[str]) -> int:
        """Return the number of runs of these resources that have not ended."""
        row = self._connection.execute(
            "SELECT count(*) FROM datapusher_plus_run WHERE resource_id = ANY(%s) AND NOT state = ANY(%s)",
            [resource_ids, [*_ENDED]],
        ).fetchone()
        return row[0] if row else 0

    def undescribed(self, resource_ids: list[str]) -> int:
        """Return the number of these resources without statistics of their newest table."""
        row = self._connection.execute(
            "SELECT count(*) FROM datapusher_plus_statistics"
            " WHERE resource_id = ANY(%s) AND run_id IS DISTINCT FROM begun_for",
            [resource_ids],
        ).fetchone()
        return row[0] if row else 0

    def told(self, run_id: str) -> list[tuple[datetime, str]]:
        """Return the time and message of each line of the run's log."""
        return self._connection.execute(
            "SELECT at, message FROM datapusher_plus_log WHERE run_id = %s ORDER BY id", [run_id]
        ).fetchall()

    def ended(self, resource_id: str, before: Run | None, *, want: str = "complete", patience: float = 900) -> Run:
        """Wait until a run newer than ``before`` has ended, and return it.

        :param want: the state in which it must end.
        :param patience: seconds.
        :raises RunFailed: when it ends in another state, or not in time.
        """
        until = time.monotonic() + patience
        while True:
            run = self.latest(resource_id)
            if run and run.over and (before is None or run.id != before.id):
                break
            if time.monotonic() > until:
                raise RunFailed(f"{resource_id} has not ended after {patience:.0f} s: {run}")
            time.sleep(LOOK)
        if run.state != want:
            raise RunFailed(f"{resource_id} ended as {run.state}, not {want}: {run.error}")
        return run

    def gone(self, run: Run) -> None:
        """Wait for the process of a run that has ended: it still makes statistics, which would slow down what follows.

        A skipped run has no process of its own: the worker itself skips it.
        """
        if run.state != "skipped":
            with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
                psutil.Process(run.pid).wait(_AFTER_THE_END)
