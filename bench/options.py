"""What an option costs: loads with it and without it, by a worker that is started again with each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dev import ini
from dev.servers.worker import Worker
from dev.stack import MAIN

from . import files, ours
from .stack import Ground, chosen
from .subject import introduce

PREFIX = "ckanext.datapusher_plus."


def measure(
    ground: Ground, rounds: int, given: Mapping[str, str], otherwise: Mapping[str, str]
) -> tuple[list[float], list[float]]:
    """Load `flights` with and without some options, in turns.

    :param given: the options to measure; ``otherwise``: those to compare them with.
    :returns: the seconds from the request to ``complete``.
    """
    subject, small = introduce(ground, files.FLIGHTS_X1), introduce(ground, files.SMALL)
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for options, seconds in zip((given, otherwise), found, strict=True):
            with worker(options):
                # the first load of a worker is slower
                ours.load(ground, small)
                ground.settle(subject.resource_id)
                seconds.append(ours.load(ground, subject))
    return found


@contextmanager
def worker(options: Mapping[str, str]) -> Iterator[None]:
    """Run the stack's worker with these options, and afterwards with the stack's own again."""
    stack = chosen()
    server, path = Worker(stack), stack.ini(MAIN)
    with path.open("a") as file:
        file.write("".join(f"{PREFIX}{name} = {value}\n" for name, value in options.items()))
    server.launch()
    server.wait()
    try:
        yield
    finally:
        ini.write(stack, MAIN)
        server.launch()
        server.wait()
