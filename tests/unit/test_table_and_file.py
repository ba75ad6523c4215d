"""What a table shows, compared with the file beside it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ckanext.datapusher_plus.core.states import OPEN, State
from ckanext.datapusher_plus.core.table_and_file import Known, Standing, compare

LOADED = datetime(2026, 5, 5, 9, 30, tzinfo=timezone.utc)
LATER = LOADED + timedelta(days=20)
NEW = {"asked_for_new_file": True}

CASES: list[tuple[dict[str, Any], Standing]] = [
    ({"ended": State.COMPLETE}, Standing.SAME),
    ({"ended": State.WARNED}, Standing.SAME),
    ({"ended": State.SKIPPED, "same_at": LATER}, Standing.SAME),
    ({"ended": State.SKIPPED, "found_nothing": True}, Standing.EMPTY),
    ({"ended": State.ERROR} | NEW, Standing.FAILED),
    ({"ended": State.ERROR}, Standing.NOT_SINCE),
    ({"ended": State.CANCELLED} | NEW, Standing.CANCELLED),
    ({"ended": State.CANCELLED}, Standing.SAME),
    ({"ended": State.WAITING}, Standing.WAITING),
    ({"ended": State.WAITING} | NEW, Standing.WAITING),
    ({"ended": State.REJECTED} | NEW, Standing.REJECTED),
    # a newer file waits or is loaded, whatever came before
    ({"ended": State.COMPLETE, "is_open": True} | NEW, Standing.LOADING),
    ({"ended": State.ERROR, "is_open": True} | NEW, Standing.LOADING),
    # the same file is loaded again
    ({"ended": State.COMPLETE, "is_open": True}, Standing.SAME),
    ({"ended": State.ERROR, "is_open": True}, Standing.NOT_SINCE),
    # the load of a newer file was undone; later loads are of other files
    ({"ended": State.COMPLETE, "is_undone": True}, Standing.UNDONE),
    ({"ended": State.SKIPPED, "is_undone": True, "uploaded_at": LATER}, Standing.UNDONE),
    ({"ended": State.ERROR, "is_undone": True} | NEW, Standing.FAILED),
    ({"ended": State.SKIPPED, "is_undone": True, "is_open": True} | NEW, Standing.LOADING),
    # a file came that nobody loads
    ({"ended": State.COMPLETE, "uploaded_at": LATER}, Standing.NOT_ASKED),
    ({"ended": State.COMPLETE, "uploaded_at": LOADED - timedelta(seconds=9)}, Standing.SAME),
    ({"ended": State.COMPLETE, "uploaded_at": LOADED + timedelta(minutes=1)}, Standing.SAME),
    ({"ended": State.SKIPPED, "same_at": LATER, "uploaded_at": LATER}, Standing.SAME),
]


@pytest.mark.parametrize(("known", "expected"), CASES, ids=str)
def test_a_table_and_its_file(known: dict[str, Any], expected: Standing) -> None:
    assert compare(Known(has_table=True, loaded_at=LOADED, **known)) is expected


@pytest.mark.parametrize(("known", "expected"), CASES, ids=str)
def test_without_a_table_there_is_nothing_to_compare(known: dict[str, Any], expected: Standing) -> None:
    assert compare(Known(has_table=False, **known)) is Standing.NO_TABLE


def test_every_state_in_which_a_run_can_end_is_compared() -> None:
    ends = set(State) - OPEN
    assert {known["ended"] for known, _ in CASES} == ends
