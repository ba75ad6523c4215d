"""When a file is added to the table that holds its beginning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core import append
from ckanext.datapusher_plus.core.append import LoadedPrefix, can_append, digest_of_columns
from ckanext.datapusher_plus.core.quarantine import Rejected
from ckanext.datapusher_plus.core.values import CleanCsv, ColumnSpec, FullText, LoadPlan, Strategy

NUMBER = ColumnSpec(name="a", type="numeric", cast="{0}::numeric", comment=None)
CSV = CleanCsv(path=Path("a.csv"), header=("a",), format="CSV", encoding="UTF-8")
PLAN = LoadPlan(
    run_id="r",
    resource_id="i",
    csv=CSV,
    rows=110,
    columns=(NUMBER,),
    strategy=Strategy.SWAP,
    full_text=FullText.ALL,
    kept=None,
    live=True,
    load_key="k",
    file_hash="h",
    digest="d",
)
SIZE = 2 * append.SMALL
HELD = LoadedPrefix(size=SIZE, digest="before", rows=100, shape=digest_of_columns(PLAN))
REJECTED = Rejected(path=Path("r.csv"), rows=1, total=111)


@pytest.mark.parametrize(
    ("plan", "held", "size", "expected"),
    [
        ({}, {}, SIZE + 1, True),
        ({}, {}, int(1.5 * SIZE), True),
        ({}, {}, int(1.5 * SIZE) + 1, False),
        ({}, {}, SIZE, False),
        ({}, {}, SIZE - 1, False),
        ({"rows": 100}, {}, SIZE + 1, False),
        ({"columns": (replace(NUMBER, type="int4"),)}, {}, SIZE + 1, False),
        ({"columns": (replace(NUMBER, cast="replace({0}, ',', '')::numeric"),)}, {}, SIZE + 1, False),
        ({"columns": (replace(NUMBER, name="b"),)}, {}, SIZE + 1, False),
        ({"columns": (replace(NUMBER, comment=' {"_info":{"label":"A"}}'),)}, {}, SIZE + 1, True),
        ({"full_text": FullText.TEXT}, {}, SIZE + 1, False),
        ({"csv": replace(CSV, rejected=REJECTED)}, {}, SIZE + 1, False),
    ],
)
def test_it_is_added_when_it_goes_on_in_the_same_way(
    plan: dict[str, Any], held: dict[str, Any], size: int, expected: bool
) -> None:
    assert can_append(replace(PLAN, **plan), size, replace(HELD, **held)) is expected


def test_what_a_table_holds_is_kept_as_json() -> None:
    held = LoadedPrefix.of(PLAN, SIZE)
    assert held
    assert LoadedPrefix.from_json(held.as_json()) == held == replace(HELD, digest="d", rows=110)


@pytest.mark.parametrize("change", [{"digest": ""}, {"csv": replace(CSV, rejected=REJECTED)}])
def test_nothing_goes_on_from_what_is_not_known_or_not_whole(change: dict[str, Any]) -> None:
    assert LoadedPrefix.of(replace(PLAN, **change), SIZE) is None


def test_nothing_goes_on_from_what_is_quickly_loaded_anew() -> None:
    assert LoadedPrefix.of(PLAN, append.SMALL - 1) is None
    assert LoadedPrefix.of(PLAN, append.SMALL)
