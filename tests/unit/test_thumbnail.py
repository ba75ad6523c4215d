"""The sizes of pictures, and the decision whether a stored picture may be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ckanext.datapusher_plus.core.thumbnail import Row, Source, Spec, has_failed, is_valid, sizes

SMALL = Spec("small", 240)
THEN = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
ROW = Row(
    resource_id="r",
    label="small",
    path="r/small.0a1b2c3d.jpg",
    width=240,
    recipe="image/1",
    source_hash="abc",
    source_modified=THEN,
    made_at=THEN + HOUR,
)
SOURCE = Source(resource_id="r", hash="abc", modified=THEN)


def test_sizes_are_labels_with_widths() -> None:
    assert sizes("small:240 medium:640") == (Spec("small", 240), Spec("medium", 640))
    assert sizes(" small:240,\n medium:640 ") == sizes("small:240 medium:640")
    assert sizes("  ") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("small", "'small' is not a size"),
        ("small:wide", "as in small:240"),
        ("small:-5", "'small:-5' is not a size"),
        ("small:15", "from 16 to 2048 pixels, and is 15"),
        ("small:2049", "from 16 to 2048 pixels, and is 2049"),
        ("../x:240", "is not a size"),
        ("Small:240", "small letters"),
        ("small:240 small:640", "'small' is there twice"),
        ("small:²40", "is not a size"),
    ],
)
def test_another_text_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        sizes(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("row", "source"),
    [
        ({}, {}),
        ({"source_hash": None}, {}),
        ({}, {"hash": None}),
        ({"source_hash": ""}, {}),
        ({"source_modified": None, "made_at": None}, {"modified": THEN + HOUR}),
        ({}, {"modified": None}),
        ({"source_modified": None}, {"modified": THEN + HOUR}),
        ({}, {"modified": THEN - HOUR}),
    ],
)
def test_a_picture_is_valid_without_a_sign_of_change(row: dict[str, Any], source: dict[str, Any]) -> None:
    assert is_valid(SMALL, replace(ROW, **row), replace(SOURCE, **source), "image/1")


@pytest.mark.parametrize(
    ("row", "source"),
    [
        ({"path": ""}, {}),
        ({"path": " "}, {}),
        ({"width": 239}, {}),
        ({"width": 241}, {}),
        ({"width": None}, {}),
        ({"recipe": "image/0"}, {}),
        ({"recipe": ""}, {}),
        ({}, {"hash": "abd"}),
        ({}, {"modified": THEN + timedelta(microseconds=1)}),
        # the source has changed while it was pictured
        ({"made_at": THEN + 3 * HOUR}, {"modified": THEN + HOUR}),
        ({"source_modified": None}, {"modified": THEN + 2 * HOUR}),
        ({"source_modified": None, "source_hash": None}, {"hash": None, "modified": THEN + 2 * HOUR}),
    ],
)
def test_any_sign_of_change_makes_a_picture_invalid(row: dict[str, Any], source: dict[str, Any]) -> None:
    assert not is_valid(SMALL, replace(ROW, **row), replace(SOURCE, **source), "image/1")


def test_without_a_row_nothing_is_valid_or_failed() -> None:
    assert not is_valid(SMALL, None, SOURCE, "image/1")
    assert not has_failed(None, SOURCE, "image/1")


def test_a_failure_holds_for_the_source_and_for_what_drew_it() -> None:
    failed = replace(ROW, path="", width=None, failed="The file is no image.")
    assert has_failed(failed, SOURCE, "image/1")
    assert not is_valid(SMALL, failed, SOURCE, "image/1")
    assert not has_failed(failed, SOURCE, "image/2")
    assert not has_failed(failed, replace(SOURCE, hash="abd"), "image/1")
    assert not has_failed(failed, replace(SOURCE, modified=THEN + HOUR), "image/1")
    assert not has_failed(ROW, SOURCE, "image/1")
