"""Measure how the processor time of a call grows with its input, compared with a smaller input."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
#: characters of the smallest input: large enough to measure a linear call, small enough for a cubic one to end
SMALL = 1024
#: size factor of a first, quick measurement; and the cost factor above which a closer measurement follows
_FIRST, _SUSPECT = 4, 6
#: size factor of the largest input, with which a quadratic call costs 256 times as much; and the cost factor at which
#: the measurement is not repeated
TIMES, MOST = 16, 64
#: seconds of processor time after which the smallest input is interrupted: a linear call takes a thousandth of that
_PATIENCE = 0.2
_LEAST = 5e-6
#: measurements before a call counts as too slow
_TRIES = 3


class _GivenUp(BaseException):
    """The call was interrupted; derived from BaseException, so that our code does not catch it."""


def growth(
    call: Callable[[T], object], made: Callable[[int], T], small: int = SMALL, patience: float = _PATIENCE
) -> float:
    """Return the cost factor of a call with an input ``TIMES`` as large.

    :returns: 0 if a first measurement is inconspicuous; infinity if even the smallest input takes too long.
    """
    less = made(small)
    # other load on the machine may disturb a measurement
    before = next((cost for _ in range(_TRIES) if (cost := _cost(call, less, patience)) < patience), None)
    if before is None:
        return float("inf")
    if _cost(call, made(_FIRST * small), patience * _FIRST**2) <= _SUSPECT * max(before, _LEAST):
        return 0
    more = made(TIMES * small)
    found = float("inf")
    for _ in range(_TRIES):
        before = max(_LEAST, min(_cost(call, less, patience) for _ in range(3)))
        found = min(found, _cost(call, more, patience * TIMES**2) / before)
        if found <= MOST:
            break
    return found


def _cost(call: Callable[[T], object], given: T, most: float) -> float:
    """Return the seconds of processor time that a call takes; it is interrupted after ``most`` seconds."""
    begun = time.thread_time()
    try:
        with _interrupted_after(most):
            call(given)
    except _GivenUp:
        return max(most, time.thread_time() - begun)
    return time.thread_time() - begun


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    # the regular expression engine checks for signals while it matches
    earlier = signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, earlier)


def _give_up(number: int, frame: FrameType | None) -> None:
    raise _GivenUp
