"""How the cost of a call grows with what it is given: processor time, compared with that of a smaller input."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
#: letters of the smallest input: a linear call is well measured with it, and a cubic one comes to an end
SMALL = 1024
#: a larger input, as a first look; where it costs much more than so many times as much, a closer look is taken
_FIRST, _SUSPECT = 4, 6
#: the largest input; a quadratic call costs 256 times as much with it
TIMES, MOST = 16, 64
#: seconds of processor time after which even the smallest input is given up: a linear call takes a thousandth of them
_PATIENCE = 0.2
_LEAST = 5e-6


class _GivenUp(BaseException):
    """Nothing of ours catches it."""


def growth(
    call: Callable[[T], object], made: Callable[[int], T], small: int = SMALL, patience: float = _PATIENCE
) -> float:
    """Return how many times as much a call costs with ``TIMES`` as much; 0 if a first look shows nothing odd."""
    less = made(small)
    before = _cost(call, less, patience)
    if before >= patience:
        return float("inf")
    if _cost(call, made(_FIRST * small), patience * _FIRST**2) <= _SUSPECT * max(before, _LEAST):
        return 0
    more = made(TIMES * small)
    found = float("inf")
    # a machine that is busy elsewhere may disturb a measurement or two
    for _ in range(3):
        before = max(_LEAST, min(_cost(call, less, patience) for _ in range(3)))
        found = min(found, _cost(call, more, patience * TIMES**2) / before)
        if found <= MOST or found > 2 * MOST:
            break
    return found


def _cost(call: Callable[[T], object], given: T, most: float) -> float:
    """Return the seconds of processor time that a call takes; it is interrupted after ``most``."""
    begun = time.thread_time()
    try:
        with _interrupted_after(most):
            call(given)
    except _GivenUp:
        return max(most, time.thread_time() - begun)
    return time.thread_time() - begun


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    # patterns look for signals while they match
    earlier = signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, earlier)


def _give_up(number: int, frame: FrameType | None) -> None:
    raise _GivenUp
