"""A power cut at any moment leaves the old file or the new one, whole, and never takes back what was promised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ckanext.datapusher_plus import dictionary_stash as stash
from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.dictionary_stash import atomic, history
from ckanext.datapusher_plus.dictionary_stash.history import Why
from tests.disk import ForgetfulDisk, PowerCut
from tests.fix_stash import columns, dictionaries

RID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
FOLDER = Path("/var/lib/ckan/stash")

DEFAULTS = settings.current()
many = examples(max_examples=150)

#: More calls than any of these functions makes, so that some power cuts come after it has returned.
moments = st.integers(0, 40)


@contextmanager
def on(disk: ForgetfulDisk, keep: int = 10) -> Iterator[None]:
    """Work on that disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(atomic, "disk", disk)
        patch.setattr(settings, "_current", replace(DEFAULTS, dictionary_stash_keep=keep))
        yield


def cut(disk: ForgetfulDisk, moment: int, data: st.DataObject, act) -> tuple[ForgetfulDisk, bool]:
    """Cut the power while ``act`` is at work, or after it, and return the disk thereafter and whether it was done."""
    disk.cut_power_after(moment)
    try:
        act()
        done = True
    except PowerCut:
        done = False
    return disk.after_power_cut(lambda choices: data.draw(st.sampled_from(choices))), done


def labelled(label: str) -> Dictionary:
    return Dictionary(columns=(Column(name="a", type="text", comment=f' {{"_info":{{"label":"{label}"}}}}'),))


@many
@given(older=st.none() | dictionaries, newer=dictionaries, moment=moments, data=st.data())
def test_the_old_stash_or_the_new_one(older: Dictionary | None, newer: Dictionary, moment: int, data) -> None:
    disk = ForgetfulDisk()
    with on(disk):
        if older:
            stash.save(RID, older, folder=FOLDER)
        disk, done = cut(disk, moment, data, lambda: stash.save(RID, newer, folder=FOLDER))
    with on(disk):
        found = stash.load(RID, folder=FOLDER)
        assert (found.dictionary if found else None) in ([newer] if done else [older, newer])
        stash.clear(RID, folder=FOLDER)
        assert left_in_the_folder() <= {"history"}


def left_in_the_folder() -> set[str]:
    try:
        with atomic.entered(FOLDER) as opened:
            return set(atomic.names(opened))
    except FileNotFoundError:
        return set()


@many
@given(moment=moments, data=st.data())
def test_what_is_cleared_does_not_come_back(moment: int, data) -> None:
    disk = ForgetfulDisk()
    with on(disk):
        stash.save(RID, labelled("old"), folder=FOLDER)
        disk, done = cut(disk, moment, data, lambda: stash.clear(RID, folder=FOLDER))
    with on(disk):
        found = stash.load(RID, folder=FOLDER)
        assert found is None if done else found is None or found.dictionary == labelled("old")


@many
@given(older=st.lists(columns, max_size=2), newer=st.lists(columns, max_size=2), moment=moments, data=st.data())
def test_the_old_words_of_vanished_columns_or_the_new_ones(older, newer, moment: int, data) -> None:
    disk = ForgetfulDisk()
    with on(disk):
        stash.remember(RID, older, folder=FOLDER)
        disk, done = cut(disk, moment, data, lambda: stash.remember(RID, newer, folder=FOLDER))
    with on(disk):
        allowed = [tuple(newer)] if done else [tuple(older), tuple(newer)]
        assert stash.removed(RID, folder=FOLDER) in allowed


@many
@given(before=st.integers(0, 4), moment=moments, data=st.data())
def test_no_earlier_dictionary_goes_before_its_successor_is_safe(before: int, moment: int, data) -> None:
    disk = ForgetfulDisk()
    with on(disk, keep=3):
        for number in range(before):
            history.keep(RID, labelled(str(number)), why=Why.EDIT, folder=FOLDER)
        act = lambda: history.keep(RID, labelled("new"), why=Why.EDIT, folder=FOLDER)  # noqa: E731
        disk, done = cut(disk, moment, data, act)
    with on(disk, keep=3):
        found = [entry.dictionary for entry in history.entries(RID, folder=FOLDER)]
        expected = [labelled(str(number)) for number in reversed(range(before))]
        if done:
            assert found[:3] == [labelled("new"), *expected][:3]
        else:
            without_new = [entry for entry in found if entry != labelled("new")]
            assert without_new == expected[: len(without_new)]
            assert len(found) >= min(before, 3)
