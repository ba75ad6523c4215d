"""The time to the first byte of the profile page of a table with as many columns as the plugin loads."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import requests

from .files import Row, Sample, write_rows
from .stack import Ground
from .subject import introduce

ROWS, COLUMNS = 500, 1598
#: Seconds until the statistics must be there; they are made after the table.
_PATIENCE = 300
_TIMEOUT = 60
_CARD = 'class="dpp-card"'


class NoStatistics(RuntimeError):
    """The page has no card of a column after ``_PATIENCE`` seconds."""


def rows(count: int = ROWS, columns: int = COLUMNS) -> Iterator[Row]:
    """Yield a header and rows with a value in every second column: with one in each, a row would not fit on a page."""
    rng = random.Random(1598)
    yield [f"value_{at:04}" for at in range(columns)]
    for row in range(count):
        yield [int(rng.random() * 100) if (at + row) % 2 else "" for at in range(columns)]


WIDEST = Sample(name="widest", rows=ROWS, columns=COLUMNS, write=lambda path: write_rows(path, rows()))


def measure(ground: Ground, times: int) -> list[float]:
    """Load the widest table, wait for its statistics, and return the milliseconds to the first byte of the page.

    The pages alternate: the first, one in the middle, the emptiest columns, and a search.
    """
    subject = introduce(ground, WIDEST)
    address = f"{ground.portal.url}/dataset/{ground.dataset}/profile/{subject.resource_id}"
    _wait_for_statistics(address)
    asked = ("", "?page=16", "?order=empty", "?q=value_1")
    return [_first_byte(address + asked[at % len(asked)]) for at in range(times)]


def _wait_for_statistics(address: str) -> None:
    until = time.monotonic() + _PATIENCE
    while _CARD not in requests.get(address, timeout=_TIMEOUT).text:
        if time.monotonic() > until:
            raise NoStatistics(f"no statistics at {address}")
        time.sleep(0.5)


def _first_byte(address: str) -> float:
    begun = time.perf_counter()
    with requests.get(address, stream=True, timeout=_TIMEOUT) as reply:
        reply.raise_for_status()
        next(reply.iter_content(1))
        return 1000 * (time.perf_counter() - begun)
