"""Show how a run's time is spent: its timestamps and the lines of its log, in order."""

from __future__ import annotations

from datetime import datetime

from . import ours
from .files import Sample
from .runs import Run, Runs
from .stack import Ground
from .subject import introduce


def show(ground: Ground, sample: Sample) -> None:
    """Load a sample again, and print its events with their time in seconds since the request."""
    subject = introduce(ground, sample)
    ground.settle(subject.resource_id)
    took, run = ours.timed(ground, subject)
    with Runs(ground.ckan_dsn) as runs:
        moments = sorted([*_moments(run), *runs.told(run.id)])
    before = run.requested_at
    print(f"{sample.name}: {took:.3f} s from the request to complete")
    for at, what in moments:
        print(f"  {(at - run.requested_at).total_seconds():8.3f}  +{(at - before).total_seconds():.3f}  {what}")
        before = at


def _moments(run: Run) -> list[tuple[datetime, str]]:
    named = {
        "requested": run.requested_at,
        "handed to Prefect": run.dispatched_at,
        "claimed by its process": run.started_at,
        "complete": run.finished_at,
    }
    return [(at, f"-- {what}") for what, at in named.items() if at]
