"""What statistics cost: the seconds to `complete` with them, and without them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dev.servers.worker import Worker
from dev.stack import MAIN

from . import files, ours
from .stack import Ground, chosen
from .subject import introduce

OPTION = "ckanext.datapusher_plus.statistics"


def measure(ground: Ground) -> tuple[float, float]:
    """Load `flights` with and without statistics, each after the previous load's statistics are made.

    :returns: the seconds from the request to ``complete``.
    """
    subject = introduce(ground, files.FLIGHTS_X1)
    seconds = []
    for wanted in (True, False):
        with worker(statistics=wanted):
            # the first load of a new worker is slower
            ours.load(ground, introduce(ground, files.SMALL))
            ground.settle(subject.resource_id)
            seconds.append(ours.load(ground, subject))
    return seconds[0], seconds[1]


@contextmanager
def worker(*, statistics: bool) -> Iterator[None]:
    """Start the worker again with the option set, and as before at the end; it finishes its runs first."""
    stack = chosen()
    ini = stack.ini(MAIN)
    before, started = ini.read_text(), Worker(stack)
    try:
        ini.write_text(f"{before}{OPTION} = {str(statistics).lower()}\n")
        _again(started)
        yield
    finally:
        ini.write_text(before)
        _again(started)


def _again(started: Worker) -> None:
    started.launch()
    started.wait()
