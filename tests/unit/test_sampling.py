"""Wide tables get the planner's statistics from fewer rows."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core.sampling import statistics_target


@pytest.mark.parametrize(
    ("columns", "target"), [(0, None), (3, None), (80, None), (100, 66), (502, 2), (816, 1), (1_000, 0), (1_600, 0)]
)
def test_the_target_falls_with_the_square_of_the_columns(columns: int, target: int | None) -> None:
    assert statistics_target(columns) == target
