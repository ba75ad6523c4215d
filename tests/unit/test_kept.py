"""Decisions about the table that is kept for an undo."""

from __future__ import annotations

import json

import pytest

from ckanext.datapusher_plus.core.kept import Load, is_expired, is_undone, load_from_json

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
