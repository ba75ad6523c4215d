"""The folders that loads write into, and the disks below them, as the self-test sees them."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.health import disk, folders
from ckanext.datapusher_plus.health.finding import CheckState, Verdict

Durable = Callable[[], Path]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that counts as durable; whether one really is depends on the machine that the tests run on."""
    monkeypatch.setattr(folders, "_TEMPORARY", set())
    monkeypatch.setattr(folders, "_VOLATILE", {})
    return tmp_path


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a real file system in memory."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def read_only(place: Path) -> Iterator[Path]:
    """A folder that nobody may write into; root, whom rights do not stop, by a read-only mount."""
    folder = place / "read-only"
    folder.mkdir(mode=0o555)
    if os.geteuid() == 0:
        subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
    yield folder
    if os.geteuid() == 0:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = settings.current()
    yield
    settings.use(before)


def stash(folder: Path, **options: str) -> Verdict:
    settings.use(replace(settings.current(), dictionary_stash_dir=folder, **options))
    return folders.stash()


def work_dir(folder: Path) -> Verdict:
    settings.use(replace(settings.current(), work_dir=folder))
    return folders.work_dir()


def test_a_durable_folder_is_well_and_left_as_it_was(place: Path) -> None:
    (place / "a.json").touch()
    assert stash(place).state is CheckState.OK
    assert work_dir(place).state is CheckState.OK
    assert os.listdir(place) == ["a.json"]


def test_a_folder_that_is_not_there_is_left_to_the_first_load(place: Path) -> None:
    found = stash(place / "var" / "stash")
    assert (found.state, "once the first load makes it" in found.sentence) == (CheckState.OK, True)
    assert os.listdir(place) == []


def test_what_is_no_folder_fails(place: Path) -> None:
    file, link, nowhere = place / "file", place / "link", place / "nowhere"
    file.touch()
    nowhere.symlink_to(place / "gone")
    link.symlink_to(place, target_is_directory=True)
    assert {path.name: stash(path).state.value for path in (file, file / "stash", nowhere, link)} == {
        "file": "fail",
        "stash": "fail",
        "nowhere": "fail",
        "link": "ok",
    }


@pytest.mark.parametrize("inside", ["", "missing"])
@pytest.mark.parametrize("check", [stash, work_dir])
def test_a_read_only_folder_fails(read_only: Path, check: Callable[[Path], Verdict], inside: str) -> None:
    found = check(read_only / inside)
    assert found.state is CheckState.FAIL
    assert str(read_only) in found.sentence
    assert "set " in found.advice


@pytest.mark.parametrize(("strategy", "state"), [("swap", CheckState.WARN), ("replace", CheckState.FAIL)])
def test_a_stash_that_a_restart_takes_along_is_told(
    memory: Path, monkeypatch: pytest.MonkeyPatch, strategy: str, state: CheckState
) -> None:
    found = stash(memory, load_strategy=strategy)
    assert (found.state, found.sentence.startswith(f"{memory} lives in memory")) == (state, True)
    assert "dictionary_stash_dir" in found.advice
    # the same folder, were it on a disk
    monkeypatch.setattr(folders, "_VOLATILE", {})
    found = stash(memory / "stash", load_strategy=strategy)
    assert (found.state, "a folder for temporary files" in found.sentence) == (state, True)


def test_a_stash_that_everybody_may_write_into_is_told(place: Path) -> None:
    place.chmod(0o777)
    found = stash(place)
    assert (found.state, found.advice) == (CheckState.WARN, f"Run: chmod o-w {place}")


def test_dictionaries_that_were_put_aside_are_told(place: Path) -> None:
    (place / "1.json.20260101T000000.unreadable").touch()
    found = stash(place)
    assert (found.state, "put aside: 1.json." in found.sentence) == (CheckState.WARN, True)


@pytest.mark.parametrize(("limit", "state"), [("FULL", CheckState.FAIL), ("NEARLY_FULL", CheckState.WARN)])
def test_a_full_disk_is_told(place: Path, monkeypatch: pytest.MonkeyPatch, limit: str, state: CheckState) -> None:
    monkeypatch.setattr(folders, limit, disk.free(place) * 2)
    assert work_dir(place).state is state


def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount(memory: Path, read_only: Path) -> None:
    assert disk.file_system(memory) == "tmpfs"
    assert disk.file_system(Path("/proc/self/fd")) == "proc"
    assert disk.file_system(read_only.parent) not in ("", "tmpfs", "proc")
