"""A long analysis ends when its process is told to, with what the signal's handler raises."""

from __future__ import annotations

import signal
import time

import duckdb
import pytest

from ckanext.datapusher_plus.engines.interruptible import rows

LONG = "SELECT count(*) FROM range(100000) AS a, range(10000000) AS b WHERE (a.range * b.range) % 7 = 3"


class Told(BaseException):
    """What a signal's handler raises."""


@pytest.fixture
def told_soon() -> None:
    """A signal that comes in a moment."""

    def tell(*_: object) -> None:
        raise Told

    signal.signal(signal.SIGALRM, tell)
    signal.setitimer(signal.ITIMER_REAL, 0.2)


@pytest.mark.usefixtures("told_soon")
def test_a_signal_ends_a_long_query() -> None:
    with duckdb.connect() as connection:
        started = time.monotonic()
        with pytest.raises(Told):
            rows(connection, LONG)
        assert time.monotonic() - started < 3
        assert rows(connection, "SELECT 1") == [(1,)]


def test_an_error_of_the_query_comes_out_as_it_is() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.CatalogException):
        rows(connection, "SELECT * FROM nothing")
