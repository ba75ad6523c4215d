"""How far a whole load is, and how long it will still take."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core import progress
from ckanext.datapusher_plus.core.progress import SHARES, Step
from ckanext.datapusher_plus.core.warnings import merged


def test_the_shares_are_the_whole() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)


def test_a_load_only_goes_forward() -> None:
    shown = [progress.share_done(stage, done, 2) or 0.0 for stage in SHARES for done in (0, 1, 2)]
    assert (shown[0], shown[-1]) == (0, pytest.approx(1))
    assert shown == sorted(shown)


@pytest.mark.parametrize(
    ("stage", "done", "total", "share"),
    [
        ("a", 0, None, 0),
        ("a", 5, None, 0),
        ("a", 5, 10, 0.1),
        ("b", 0, None, 0.2),
        ("b", 10, 10, 1),
        ("b", 11, 10, 1),
        ("append", 1, 2, None),
        ("unknown", 1, 2, None),
    ],
)
def test_the_share_of_the_whole_load(stage: str, done: int, total: int | None, share: float | None) -> None:
    assert progress.share_done(stage, done, total, {"a": 0.2, "b": 0.8}) == (share and pytest.approx(share))


@pytest.mark.parametrize(
    ("stage", "share", "begun", "passed", "shown"),
    [
        # as fast as what came before: 10 s for 0.2, so 40 s for 0.8
        ("b", 0.2, 10, 10, 0.2),
        ("b", 0.2, 10, 30, 0.6),
        # never to its end
        ("b", 0.2, 10, 9999, 0.92),
        # the clocks of worker and database differ
        ("b", 0.2, 10, 3, 0.2),
        # nothing is known yet
        ("a", 0, 0, 5, 0),
        ("b", 0.2, 0, 5, 0.2),
        ("unknown", None, 10, 20, None),
    ],
)
def test_a_stage_that_says_nothing_goes_on_by_the_clock(
    stage: str, share: float | None, begun: float, passed: float, shown: float | None
) -> None:
    found = progress.share_by_time(stage, share, begun, passed, {"a": 0.2, "b": 0.8})
    assert found == (shown and pytest.approx(shown))


@pytest.mark.parametrize("stage", ["append", "replace"])
def test_other_ways_to_write_a_table_take_the_place_of_its_stage(stage: str) -> None:
    assert progress.share_done(stage, 0, None) == progress.share_done("stage", 0, None)


@pytest.mark.parametrize(
    ("passed", "share", "left"),
    [(10, 0.5, 10), (90, 0.9, 10), (10, 1, 0), (10, None, None), (10, 0.01, None), (1, 0.5, None)],
)
def test_what_is_left_follows_from_what_has_passed(passed: float, share: float | None, left: float | None) -> None:
    assert progress.seconds_left(passed, share) == (left and pytest.approx(left))


def test_the_timeline_has_the_duration_of_each_step() -> None:
    steps = [["fetch", 0.5], ["copy", 2.0]]
    assert progress.timeline(steps, 5.0) == (
        Step(stage="fetch", begun=0.5, seconds=1.5),
        Step(stage="copy", begun=2.0, seconds=3.0),
    )
    assert [step.seconds for step in progress.timeline(steps, None)] == [1.5, None]
    # the clocks of worker and database differ
    assert [step.seconds for step in progress.timeline(steps, 1.0)] == [1.5, 0]
    assert progress.timeline([], 5.0) == ()


def test_the_last_load_says_how_long_each_stage_takes_if_it_took_long_enough() -> None:
    quick = progress.timeline([["fetch", 0], ["copy", 1]], 4)
    assert progress.shares_of(quick) is SHARES
    slow = progress.timeline([["fetch", 0], ["own step", 10], ["copy", 20], ["fetch", 50]], 60)
    shares = progress.shares_of(slow)
    assert (shares["fetch"], shares["copy"], shares["fill"]) == (0.4, 0.6, 0)
    assert list(shares) == list(SHARES)


@pytest.mark.parametrize(
    ("rows", "stage", "done", "total", "shown"),
    [
        (1000, "copy", 1, 4, 250),
        (1000, "copy", 5, 4, 1000),
        (1000, "copy", 1, None, None),
        (1000, "fetch", 1, 4, None),
        (None, "copy", 1, 4, None),
    ],
)
def test_rows_follow_from_bytes(rows: int | None, stage: str, done: int, total: int | None, shown: int | None) -> None:
    assert progress.rows_done(rows, stage, done, total) == shown


def test_warnings_of_the_log_follow_those_that_are_recorded() -> None:
    assert merged(["a", "b"], ["b", "c", "all of it"], "all of it") == ("a", "b", "c")
