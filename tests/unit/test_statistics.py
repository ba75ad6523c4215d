"""The statistics of a column survive being stored as JSON."""

from __future__ import annotations

import json

import pytest

from ckanext.datapusher_plus.core.statistics import Bin, ColumnStatistics, Measure, Withheld, from_json, to_json

NUMBERS = ColumnStatistics(
    name="delay",
    type="numeric",
    measure=Measure.NUMBER,
    rows=4,
    empty=1,
    null_words={"NA": 1},
    distinct=2,
    least="-43",
    greatest="1301",
    sum="1215",
    mean=405.0,
    deviation=775.9,
    quartiles=(-43.0, -43.0, 1301.0),
    top=(("-43", 2), ("1301", 1)),
    histogram=(Bin(start="-43", end="1301", count=3),),
)
NAMES = ColumnStatistics(
    name="name",
    type="text",
    measure=Measure.TEXT,
    rows=0,
    empty=0,
    null_words={},
    distinct=0,
    withheld=Withheld.PERSONAL,
)


@pytest.mark.parametrize("column", [NUMBERS, NAMES], ids=["numbers", "names"])
def test_statistics_survive_json(column: ColumnStatistics) -> None:
    assert from_json(json.loads(json.dumps(to_json(column)))) == column


def test_json_has_only_what_applies() -> None:
    assert set(to_json(NAMES)) == {"name", "type", "measure", "rows", "empty", "distinct", "withheld"}


def test_the_share_of_empty_rows() -> None:
    assert (NUMBERS.filled, NUMBERS.empty_share) == (3, 0.25)
    assert NAMES.empty_share == 0
