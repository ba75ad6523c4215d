"""How many cores and how much memory the build of indexes may take."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ckanext.datapusher_plus.core.index_build import Means, Spare, first_alone, for_index, means
from ckanext.datapusher_plus.core.index_plan import Index, unique_key
from ckanext.datapusher_plus.core.load_plan import LoadRules

MIB = 1024
SEARCHED = Index(name="search", unique=False, columns=("_full_text",), body='USING gin("_full_text")')
SLOW = Index(name="search", unique=False, columns=("_full_text",), body='USING gist("_full_text")')
OF_A_COLUMN = Index(name="tags", unique=False, columns=("tags",), body="USING gin (tags)")
KEY = unique_key("table", ("a",))


@pytest.mark.parametrize(
    ("free", "limit", "at_once", "memory"),
    [
        (None, 256, 1, 256),
        (8000, 256, 1, 256),
        (400, 256, 1, 100),
        (8, 256, 1, 64),
        (8, 16, 1, 16),
        (8000, 256, 4, 64),
        (8, 1, 4, 1),
    ],
)
def test_memory_has_a_limit_and_is_a_quarter_of_what_is_free(
    free: int | None, limit: int, at_once: int, memory: int
) -> None:
    found = means(Spare(free=free and free * MIB), limit=limit, at_once=at_once)
    assert found.memory == memory * MIB


@pytest.mark.parametrize(
    ("cores", "at_once", "workers"), [(0, 1, 0), (1, 1, 0), (2, 1, 1), (4, 1, 3), (2, 2, 0), (4, 2, 1), (4, 3, 0)]
)
def test_sessions_and_their_workers_are_never_more_than_the_idle_cores(cores: int, at_once: int, workers: int) -> None:
    assert means(Spare(cores=cores), limit=256, at_once=at_once) == Means(memory=256 * MIB // at_once, workers=workers)


@pytest.mark.parametrize(
    ("index", "limit", "workers", "cached", "version", "memory"),
    [
        (SEARCHED, 256, 0, True, 180_000, 4),
        (OF_A_COLUMN, 256, 0, True, 180_000, 4),
        # one that is larger than the shared buffers is written in order, and not page by page
        (SEARCHED, 256, 0, False, 180_000, 256),
        (SEARCHED, 1, 0, True, 180_000, 1),
        (SEARCHED, 256, 1, True, 180_000, 64),
        (SEARCHED, 256, 1, False, 180_000, 64),
        (SEARCHED, 256, 2, False, 180_000, 96),
        (SEARCHED, 48, 1, False, 180_000, 48),
        # older versions have no workers for it
        (SEARCHED, 256, 1, True, 170_005, 4),
        (SLOW, 256, 0, True, 180_000, 256),
        (KEY, 256, 1, True, 180_000, 256),
    ],
)
def test_a_gin_index_gets_no_more_memory_than_makes_it_faster(
    index: Index, limit: int, workers: int, cached: bool, version: int, memory: int
) -> None:
    given = Means(memory=limit * MIB, workers=workers)
    found = for_index(index, given, Spare(cached=cached), version=version)
    assert found == Means(memory=memory * MIB, workers=workers)


@pytest.mark.parametrize(
    ("wanted", "cores", "version", "alone"),
    [
        ([KEY, OF_A_COLUMN, SEARCHED], 2, 180_000, SEARCHED),
        ([KEY, SEARCHED], 1, 180_000, None),
        ([KEY, SEARCHED], 2, 170_005, None),
        ([KEY, SLOW], 2, 180_000, None),
        ([KEY], 2, 180_000, None),
    ],
)
def test_only_a_gin_index_that_several_cores_can_build_is_built_before_the_others(
    wanted: list[Index], cores: int, version: int, alone: Index | None
) -> None:
    assert first_alone(wanted, Spare(cores=cores), version=version) is alone


def test_the_method_is_not_among_the_rules_that_decide_whether_a_file_is_loaded_again() -> None:
    assert {rule.name for rule in fields(LoadRules)}.isdisjoint({"full_text_index", "search", "index_memory"})
