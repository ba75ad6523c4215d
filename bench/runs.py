"""The end of a run, seen where it becomes true: in its row, the moment that it is committed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

import psycopg

#: Seconds between two looks: what a measurement may be too long by.
LOOK = 0.005
_ENDED = ("complete", "complete_with_warnings", "skipped", "error", "cancelled")


class RunFailed(RuntimeError):
    """A load that is measured did not end as it must."""


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
        """Return the process that carries it out, 0 before there is one."""
        return int(self.worker.rpartition(":")[2]) if self.worker else 0

    @property
    def over(self) -> bool:
        """Tell whether it has ended."""
        return self.state in _ENDED


class Runs:
    """The runs of a site."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def latest(self, resource_id: str) -> Run | None:
        """Return the resource's newest run."""
        row = self._connection.execute(
            "SELECT id, state, requested_at, dispatched_at, started_at, finished_at, worker, rows, error"
            " FROM datapusher_plus_run WHERE resource_id = %s ORDER BY requested_at DESC LIMIT 1",
            [resource_id],
        ).fetchone()
        return Run(*row) if row else None

    def open(self, resource_ids: list[str]) -> int:
        """Return how many runs of these resources have not ended."""
        row = self._connection.execute(
            "SELECT count(*) FROM datapusher_plus_run WHERE resource_id = ANY(%s) AND NOT state = ANY(%s)",
            [resource_ids, [*_ENDED]],
        ).fetchone()
        return row[0] if row else 0

    def told(self, run_id: str) -> list[tuple[datetime, str]]:
        """Return the run's log."""
        return self._connection.execute(
            "SELECT at, message FROM datapusher_plus_log WHERE run_id = %s ORDER BY id", [run_id]
        ).fetchall()

    def ended(self, resource_id: str, before: Run | None, *, want: str = "complete", patience: float = 900) -> Run:
        """Wait until a run newer than ``before`` has ended and return it.

        :param patience: seconds
        :raises RunFailed: when it did not end as ``want`` says, or not in time.
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
