"""(a) The plugin: the whole ingestion, from the request to `complete`."""

from __future__ import annotations

import time

from .runs import Run, Runs
from .stack import Ground
from .subject import Subject


def load(ground: Ground, subject: Subject) -> float:
    """Load the resource's file again, and return the seconds from the request to ``complete``."""
    return timed(ground, subject)[0]


def timed(ground: Ground, subject: Subject, *, ignore_hash: bool = True, want: str = "complete") -> tuple[float, Run]:
    """Request a load, wait until it has ended in state ``want``, and return the seconds until then and the run.

    :raises RunFailed: when it ends in another state, or not in time.
    """
    with Runs(ground.ckan_dsn) as runs:
        before = runs.latest(subject.resource_id)
        start = time.perf_counter()
        ground.portal.act("datapusher_submit", resource_id=subject.resource_id, ignore_hash=ignore_hash)
        run = runs.ended(subject.resource_id, before, want=want, patience=subject.sample.patience)
        took = time.perf_counter() - start
        runs.gone(run)
        return took, run
