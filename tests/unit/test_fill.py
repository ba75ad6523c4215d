"""How the rows of a large table are shared out among connections."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.datapusher_plus.datastore.fill import pieces_of, ranges, share_before_index


@given(first=st.integers(0, 50), more=st.integers(0, 500), parts=st.integers(0, 64))
def test_every_page_is_in_one_range(first: int, more: int, parts: int) -> None:
    made = ranges(first, first + more, parts)
    assert list(chain.from_iterable(range(*pages) for pages in made)) == list(range(first, first + more))
    assert len(made) <= max(1, parts)


@pytest.mark.parametrize(("connections", "share"), [(2, 0.55), (3, 0.38), (4, 0.29)])
def test_the_more_connections_there_are_the_sooner_the_index_is_begun(connections: int, share: float) -> None:
    assert share_before_index(connections) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("pages", "connections", "pieces"),
    [(0, 1, 1), (10, 2, 2), (1024, 2, 4), (100_000, 2, 16), (100_000, 1, 8), (700, 4, 4)],
)
def test_a_piece_is_worth_its_plan(pages: int, connections: int, pieces: int) -> None:
    assert pieces_of(pages, connections) == pieces
