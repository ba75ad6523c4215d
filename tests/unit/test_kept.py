"""Decisions about the table that is kept for an undo."""

from __future__ import annotations

import json

import pytest

from ckanext.datapusher_plus.core.kept import Load, Room, given_up, is_expired, is_undone, load_from_json, needed

DAY = 86_400


@pytest.mark.parametrize(
    ("seconds", "days", "keep", "expected"),
    [
        (29 * DAY, 30, True, False),
        (31 * DAY, 30, True, True),
        (400 * DAY, 0, True, False),
        (0, 30, False, True),
        (0, 0, False, True),
    ],
)
def test_when_a_kept_table_is_removed(seconds: float, days: int, keep: bool, expected: bool) -> None:
    assert is_expired(seconds, days, keep=keep) is expected


@pytest.mark.parametrize(("key", "undone", "expected"), [("a", "a", True), ("a", "b", False), ("a", None, False)])
def test_which_file_was_undone(key: str, undone: str | None, expected: bool) -> None:
    assert is_undone(key, undone) is expected


def test_a_load_survives_json() -> None:
    load = Load(run_id="r", rows=3, columns=(("a", "text", "A"),), file={"name": "x.csv", "size": 1}, personal=({},))
    assert load_from_json(json.loads(json.dumps(load.as_json()))) == load
    assert load_from_json(None) is None


def room(name: str, at: str, size: int) -> Room:
    return Room(resource_id=name, at=at, size=size)


OLD, NEW, UNKNOWN = room("old", "2026-01-01", 10), room("new", "2026-02-01", 20), room("unknown", "", 5)


@pytest.mark.parametrize(
    ("free", "wanted", "gone"),
    [
        (100, 100, []),
        (100, 101, ["unknown"]),
        (100, 105, ["unknown"]),
        (100, 106, ["unknown", "old"]),
        (100, 116, ["unknown", "old", "new"]),
        (100, 999, ["unknown", "old", "new"]),
    ],
)
def test_the_oldest_kept_tables_make_room_and_no_more_than_needed(free: int, wanted: int, gone: list[str]) -> None:
    assert [each.resource_id for each in given_up([NEW, OLD, UNKNOWN], free, wanted)] == gone


def test_a_load_needs_room_for_two_copies_of_the_larger_table() -> None:
    assert needed(100, 0) == 600
    assert needed(100, 1000) == 2000
