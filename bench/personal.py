"""Loads with and without the search for personal data, by a worker that is started again with the option."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dev import ini
from dev.servers.worker import Worker
from dev.stack import MAIN

from . import files, ours
from .stack import Ground, chosen
from .subject import introduce

OPTION = "ckanext.datapusher_plus.pii_mode"


def measure(ground: Ground, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of loads of `flights` with and without the search, in turns."""
    subject, small = introduce(ground, files.FLIGHTS_X1), introduce(ground, files.SMALL)
    seconds: dict[str, list[float]] = {"report": [], "off": []}
    for _ in range(rounds):
        for mode, found in seconds.items():
            with _worker(mode):
                # the first load of a worker is slower
                ours.load(ground, small)
                ground.settle(subject.resource_id)
                found.append(ours.load(ground, subject))
    return seconds["report"], seconds["off"]


@contextmanager
def _worker(mode: str) -> Iterator[None]:
    """Run the stack's worker with this mode, and afterwards with the stack's own options again."""
    stack = chosen()
    worker, path = Worker(stack), stack.ini(MAIN)
    with path.open("a") as file:
        file.write(f"{OPTION} = {mode}\n")
    worker.launch()
    worker.wait()
    try:
        yield
    finally:
        ini.write(stack, MAIN)
        worker.launch()
        worker.wait()
