"""Trying again: until it succeeds, only after errors that pass, and never for longer than allowed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import islice, repeat

import pytest

from ckanext.datapusher_plus.waits import doubling, retry_until


def failing(*errors: Exception) -> Callable[[], str]:
    """Return what raises these one after another, then returns "done"."""
    left = iter(errors)

    def act() -> str:
        if error := next(left, None):
            raise error
        return "done"

    return act


def retried(act: Callable[[], str], seconds: float = 5, pauses: Iterable[float] = repeat(0.001)) -> str:
    """Retry a KeyError that is not about "x"."""
    return retry_until(act, seconds, errors=(KeyError,), passes=lambda error: error.args != ("x",), pauses=pauses)


@pytest.mark.parametrize("failures", [0, 1, 5])
def test_it_is_tried_until_it_succeeds(failures: int) -> None:
    assert retried(failing(*[KeyError("a")] * failures)) == "done"


@pytest.mark.parametrize("error", [ValueError("a"), KeyError("x")])
def test_an_error_that_stays_is_raised_at_once(error: Exception) -> None:
    act = failing(error)
    with pytest.raises(type(error), match=error.args[0]):
        retried(act)
    assert act() == "done"


def test_the_last_error_is_raised_once_the_time_is_over() -> None:
    errors = [KeyError(number) for number in range(3_000)]
    started = time.monotonic()
    with pytest.raises(KeyError) as raised:
        retried(failing(*errors), 0.05)
    assert raised.value.args[0] > 0
    assert 0.05 <= time.monotonic() - started < 2


def test_without_time_it_is_tried_once() -> None:
    act = failing(KeyError("a"))
    with pytest.raises(KeyError):
        retried(act, -1)
    assert act() == "done"


@pytest.mark.parametrize(("failures", "succeeds"), [(2, True), (3, False)])
def test_as_many_tries_as_there_are_pauses_and_one(failures: int, *, succeeds: bool) -> None:
    act = failing(*[KeyError("a")] * failures)
    if succeeds:
        assert retried(act, pauses=[0, 0]) == "done"
    else:
        with pytest.raises(KeyError):
            retried(act, pauses=[0, 0])


def test_the_pause_comes_between_two_tries_and_not_after_the_last() -> None:
    started = time.monotonic()
    assert retried(failing(KeyError("a")), pauses=[0.1, 60]) == "done"
    assert 0.1 <= time.monotonic() - started < 5


@pytest.mark.parametrize(("first", "most", "seconds"), [(1, 5, [1, 2, 4, 5, 5]), (3, 3, [3, 3, 3, 3, 3])])
def test_pauses_double_up_to_the_most(first: float, most: float, seconds: list[float]) -> None:
    assert list(islice(doubling(first, most), 5)) == seconds
