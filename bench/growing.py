"""A file that has rows appended: a tenth more flights, once appended to the table and once loaded whole."""

from __future__ import annotations

from pathlib import Path

from . import files, ours
from .runs import Run, Runs
from .stack import Ground
from .subject import Subject, introduce

SHARE = 10


class NotAdded(RuntimeError):
    """The file was loaded whole, instead of appending its new rows."""


def measure(ground: Ground) -> tuple[float, float]:
    """Measure both ways to load the longer file.

    :returns: the seconds from the request to ``complete``, of appending the rows and of loading the file whole.
    :raises NotAdded: when the rows were not appended.
    """
    subject = introduce(ground, files.FLIGHTS_X1)
    ground.settle(subject.resource_id)
    added = _uploaded(ground, subject, _longer(subject.file))
    with Runs(ground.ckan_dsn) as runs:
        if not any("are added to" in told for _, told in runs.told(added.id)):
            raise NotAdded
    ground.settle(subject.resource_id)
    _, whole = ours.timed(ground, subject)
    # restore the original file for the next measurement
    _uploaded(ground, subject, subject.file)
    return _seconds(added), _seconds(whole)


def _uploaded(ground: Ground, subject: Subject, file: Path) -> Run:
    with Runs(ground.ckan_dsn) as runs:
        before = runs.latest(subject.resource_id)
        ground.portal.upload("resource_patch", file, id=subject.resource_id)
        run = runs.ended(subject.resource_id, before)
        runs.gone(run)
        return run


def _seconds(run: Run) -> float:
    return (run.finished_at - run.requested_at).total_seconds() if run.finished_at else float("nan")


def _longer(file: Path) -> Path:
    """Return a copy of the file with its first tenth of rows repeated at the end."""
    longer = file.with_suffix(".longer.csv")
    if not longer.exists():
        lines = file.read_bytes().splitlines(keepends=True)
        longer.write_bytes(b"".join([*lines, *lines[1 : 1 + (len(lines) - 1) // SHARE]]))
    return longer
