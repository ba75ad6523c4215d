"""Earlier dictionaries: the newest few, one file each, whoever writes them and whatever the clock says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ckanext.datapusher_plus import dictionary_stash as stash
from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.dictionary_stash import history
from ckanext.datapusher_plus.dictionary_stash.history import Why

RID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"
OTHER = "6fa459ea-ee8a-4ca4-894e-db77e160355f"
NAME = "20260102T030405123456Z-0123abcd"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the stash is; nobody has made it yet."""
    return tmp_path / "stash"


@pytest.fixture
def keep_three() -> Iterator[None]:
    """A site that keeps three."""
    before = settings._current
    settings.use(replace(settings.current(), dictionary_stash_keep=3))
    yield
    settings._current = before


def about(*labels: str) -> Dictionary:
    """Return a dictionary with these labels."""
    made = (
        Column(name=f"c{number}", type="text", comment=f' {{"_info":{{"label":"{label}","notes":""}}}}')
        for number, label in enumerate(labels)
    )
    return Dictionary(columns=tuple(made))


def keep(dictionary: Dictionary, folder: Path, resource_id: str = RID) -> str | None:
    return history.keep(resource_id, dictionary, why=Why.EDIT, folder=folder)


def kept(folder: Path) -> list[str]:
    return [entry.dictionary.columns[0].info["label"] for entry in history.entries(RID, folder=folder)]


def test_an_entry_tells_when_why_and_by_which_run(folder: Path) -> None:
    made = history.keep(RID, about("a", "b"), why=Why.LOAD, run_id="run 1", folder=folder)
    [entry] = history.entries(RID, folder=folder)
    assert (entry.id, entry.why, entry.run_id, entry.dictionary) == (made, Why.LOAD, "run 1", about("a", "b"))
    assert timedelta(0) <= datetime.now(timezone.utc) - entry.at < timedelta(minutes=1)
    assert history.resources(folder=folder) == [RID]
    assert history.ids(RID, folder=folder) == [made]
    assert stash.pending(folder=folder) == []


@pytest.mark.usefixtures("keep_three")
def test_the_newest_are_kept(folder: Path) -> None:
    for number in range(5):
        keep(about(str(number)), folder)
    assert kept(folder) == ["4", "3", "2"]
    assert len(os.listdir(folder / "history" / RID)) == 3


@pytest.mark.parametrize("empty", [about(), about(""), about(" ", ""), Dictionary(columns=(), aliases=("a",))])
def test_what_says_nothing_is_not_kept(folder: Path, empty: Dictionary) -> None:
    assert keep(empty, folder) is None
    assert not folder.exists()


def test_the_same_words_are_not_kept_twice_in_a_row(folder: Path) -> None:
    raw = Column(name="c0", type="date", comment=' {"_info":{"label":"a","type_override":""}}')
    for dictionary in (about("a"), about("a"), Dictionary(columns=(raw,)), about("b"), about("a")):
        keep(dictionary, folder)
    assert kept(folder) == ["a", "b", "a"]


def test_none_are_kept_where_the_site_wants_none_and_what_is_there_stays(folder: Path, keep_three: None) -> None:
    keep(about("a"), folder)
    settings.use(replace(settings.current(), dictionary_stash_keep=0))
    assert keep(about("b"), folder) is None
    assert kept(folder) == ["a"]


@pytest.mark.usefixtures("keep_three")
def test_a_clock_that_was_set_back_changes_no_order(folder: Path) -> None:
    made = keep(about("from the future"), folder)
    path = folder / "history" / RID / f"{made}.json"
    path.rename(path.with_name("20990101T000000000000Z-0123abcd.json"))
    for label in "bcd":
        keep(about(label), folder)
    assert kept(folder) == ["d", "c", "b"]


def test_what_cannot_be_understood_is_passed_over_and_goes_with_the_old(folder: Path, keep_three: None) -> None:
    keep(about("a"), folder)
    place = folder / "history" / RID
    strange = {
        f"{NAME}.json": b"{",
        "20260102T030405123457Z-0123abcd.json": stash.save(RID, about("x"), folder=folder).read_bytes(),
        "readme.json": b"{}",
        ".hidden": b"",
    }
    for name, content in strange.items():
        (place / name).write_bytes(content)
    assert kept(folder) == ["a"]
    for label in "bcd":
        keep(about(label), folder)
    assert kept(folder) == ["d", "c", "b"]
    assert sorted(path.name for path in place.iterdir() if path.name in strange) == [".hidden", "readme.json"]


def test_a_file_of_another_user_is_neither_believed_nor_removed(folder: Path, keep_three: None) -> None:
    made = keep(about("a"), folder)
    theirs = folder / "history" / RID / f"{made}.json"
    os.chown(theirs, 12345, -1)
    for label in "bcde":
        keep(about(label), folder)
    assert kept(folder) == ["e", "d", "c"]
    assert theirs.exists()


@pytest.mark.parametrize("link", ["history", f"history/{RID}"])
def test_a_folder_that_is_a_link_is_not_entered(folder: Path, tmp_path: Path, link: str) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir()
    (folder / link).parent.mkdir(parents=True)
    (folder / link).symlink_to(target)
    with pytest.raises(OSError, match=r"Not a directory|symbolic link"):
        keep(about("a"), folder)
    with pytest.raises(OSError, match=r"Not a directory|symbolic link"):
        history.entries(RID, folder=folder)
    assert list(target.iterdir()) == []


def test_an_entry_that_is_a_link_or_a_pipe_is_passed_over(folder: Path, tmp_path: Path) -> None:
    made = keep(about("a"), folder)
    place = folder / "history" / RID
    (place / f"{made}.json").rename(tmp_path / "entry")
    (place / f"{made}.json").symlink_to(tmp_path / "entry")
    os.mkfifo(place / f"{NAME}.json")
    assert kept(folder) == []


def test_an_entry_that_is_too_long_is_neither_kept_nor_read(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert keep(about("x" * history.MOST), folder) is None
    assert "too long" in caplog.text
    made = keep(about("a"), folder)
    with (folder / "history" / RID / f"{made}.json").open("a") as file:
        file.write(" " * history.MOST)
    assert kept(folder) == []


@pytest.mark.parametrize("name", ["../x", "", RID.upper(), f"{RID}/.."])
def test_only_a_resource_id_has_a_history(folder: Path, name: str) -> None:
    for use in (history.entries, history.ids, history.clear):
        with pytest.raises(ValueError, match="not a resource id"):
            use(name, folder=folder)
    with pytest.raises(ValueError, match="not a resource id"):
        keep(about("a"), folder, name)


def test_to_clear_removes_this_resources_and_no_others(folder: Path) -> None:
    for resource_id in (RID, OTHER):
        keep(about("a"), folder, resource_id)
        keep(about("b"), folder, resource_id)
    assert history.clear(RID, folder=folder) == 2
    assert history.clear(RID, folder=folder) == 0
    assert history.resources(folder=folder) == [OTHER]


def test_an_older_stash_that_says_something_else_is_kept(folder: Path) -> None:
    for label in "aab":
        stash.save(RID, about(label), run_id="run 2", folder=folder)
    [entry] = history.entries(RID, folder=folder)
    assert (entry.why, entry.run_id, entry.dictionary) == (Why.STASH, "run 2", about("a"))
