"""What a folder can do to a stash: many writers, two mounts, no room, no right to write, links, other file systems."""

from __future__ import annotations

import errno
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ckanext.datapusher_plus import dictionary_stash as stash
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.dictionary_stash import history
from ckanext.datapusher_plus.dictionary_stash.history import Why

RID = "6fa459ea-ee8a-4ca4-894e-db77e160355e"

Mount = Callable[..., Path]


def about(label: str) -> Dictionary:
    """Return a dictionary with this label, on as many columns as fill some pages of a disk."""
    comment = f' {{"_info":{{"label":"{label}"}}}}'
    return Dictionary(columns=tuple(Column(name=f"c{n}", type="text", comment=comment) for n in range(200)))


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mount a file system on a folder of the test; only root can."""
    mounted: dict[Path, None] = {}

    def mount(name: str, *options: str) -> Path:
        place = tmp_path / name
        place.mkdir(exist_ok=True)
        subprocess.run(["mount", *options, str(place)], check=True)
        mounted[place] = None
        return place

    yield mount
    for place in reversed(mounted):
        subprocess.run(["umount", "-l", str(place)], check=True)


def litter(folder: Path) -> list[str]:
    """Return what lies there besides the stash and the history."""
    return [name for name in os.listdir(folder) if name not in (f"{RID}.json", "history")]


def in_processes(*works: Callable[[], None]) -> list[int]:
    """Carry out all of them at once, each in a process of its own, and return how these ended."""
    children: list[int] = []
    for work in works:
        child = os.fork()
        if not child:
            code = 1
            try:
                work()
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def writer(folder: Path, name: str) -> Callable[[], None]:
    def write() -> None:
        for number in range(6):
            stash.save(RID, about(f"{name}{number}"), folder=folder)

    return write


def reader(folder: Path) -> Callable[[], None]:
    def read() -> None:
        until = time.monotonic() + 1
        while time.monotonic() < until:
            found = stash.load(RID, folder=folder)
            assert found
            assert len({column.comment for column in found.dictionary.columns}) == 1

    return read


def test_many_writers_leave_a_whole_file_at_any_moment(tmp_path: Path) -> None:
    stash.save(RID, about("first"), folder=tmp_path)
    assert in_processes(*(writer(tmp_path, name) for name in "abc"), reader(tmp_path)) == [0, 0, 0, 0]
    found = stash.load(RID, folder=tmp_path)
    assert found
    assert found.dictionary in [about(f"{name}5") for name in "abc"]
    assert litter(tmp_path) == []
    assert 0 < len(history.entries(RID, folder=tmp_path)) <= 10


def test_two_hosts_on_one_folder_see_and_keep_the_same(tmp_path: Path, mount: Mount) -> None:
    here = tmp_path / "here"
    here.mkdir()
    there = mount("there", "--bind", str(here))
    stash.save(RID, about("first"), folder=here)
    assert in_processes(writer(here, "a"), writer(there, "b"), reader(there)) == [0, 0, 0]
    assert stash.load(RID, folder=here) == stash.load(RID, folder=there)
    assert history.entries(RID, folder=here) == history.entries(RID, folder=there)
    assert stash.clear(RID, folder=there)
    assert stash.pending(folder=here) == []
    assert litter(here) == []


def test_writers_of_history_never_lose_one_anothers_entry(tmp_path: Path) -> None:
    def keep(name: str) -> Callable[[], None]:
        def work() -> None:
            for number in "12":
                history.keep(RID, about(name + number), why=Why.EDIT, folder=tmp_path)

        return work

    assert in_processes(*(keep(name) for name in "abcd")) == [0, 0, 0, 0]
    labels = {entry.dictionary.columns[0].info["label"] for entry in history.entries(RID, folder=tmp_path)}
    assert labels == {name + n for name in "abcd" for n in "12"}


def test_a_folder_that_may_only_be_read_can_be_read(tmp_path: Path, mount: Mount) -> None:
    source = tmp_path / "source"
    stash.save(RID, about("old"), folder=source)
    mount("ro", "--bind", str(source))
    folder = mount("ro", "-o", "remount,ro,bind")
    for write in (
        lambda: stash.save(RID, about("new"), folder=folder),
        lambda: stash.clear(RID, folder=folder),
        lambda: stash.remember(RID, about("new").columns, folder=folder),
        lambda: history.keep(RID, about("new"), why=Why.EDIT, folder=folder),
    ):
        with pytest.raises(OSError, match="Read-only") as refused:
            write()
        assert refused.value.errno == errno.EROFS
    found = stash.load(RID, folder=folder)
    assert found
    assert found.dictionary == about("old")
    assert stash.pending(folder=folder) == [RID]
    assert history.entries(RID, folder=folder) == []


def fill(filler: Path) -> None:
    """Leave no byte free."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_costs_nothing_that_was_there(mount: Mount) -> None:
    folder = mount("small", "-t", "tmpfs", "-o", "size=300k", "tmpfs")
    stash.save(RID, about("old"), folder=folder)
    history.keep(RID, about("older"), why=Why.EDIT, folder=folder)
    fill(folder / "filler")
    for write in (
        lambda: stash.save(RID, about("new"), folder=folder),
        lambda: stash.remember(RID, about("new").columns, folder=folder),
        lambda: history.keep(RID, about("new"), why=Why.EDIT, folder=folder),
    ):
        with pytest.raises(OSError, match="No space"):
            write()
    found = stash.load(RID, folder=folder)
    assert found
    assert found.dictionary == about("old")
    assert [entry.dictionary for entry in history.entries(RID, folder=folder)] == [about("older")]
    assert litter(folder) == ["filler"]
    (folder / "filler").unlink()
    stash.save(RID, about("new"), folder=folder)
    assert stash.clear(RID, folder=folder)


def test_a_folder_may_be_a_link_to_another_file_system(tmp_path: Path, mount: Mount) -> None:
    target = mount("target", "-t", "tmpfs", "-o", "size=1m", "tmpfs")
    assert target.stat().st_dev != Path(tempfile.gettempdir()).stat().st_dev
    folder = tmp_path / "link"
    folder.symlink_to(target)
    stash.save(RID, about("a"), folder=folder)
    stash.save(RID, about("b"), folder=folder)
    assert stash.pending(folder=target) == [RID]
    assert len(history.entries(RID, folder=target)) == 1


@pytest.mark.parametrize("kind", ["a file", "a link to nowhere"])
def test_what_is_no_folder_is_refused(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "stash"
    if kind == "a file":
        folder.touch()
    else:
        folder.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match=r"Not a directory|No such file"):
        stash.save(RID, about("a"), folder=folder)


def test_a_folder_without_rights_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    stash.save(RID, about("a"), folder=tmp_path / "stash")
    os.chmod(tmp_path / "stash", 0)

    def as_somebody_else() -> None:
        os.setuid(65534)
        for ask in (stash.load, stash.removed, history.entries):
            with pytest.raises(PermissionError):
                ask(RID, folder=tmp_path / "stash")
        with pytest.raises(PermissionError):
            stash.pending(folder=tmp_path / "stash")

    assert in_processes(as_somebody_else) == [0]


def test_another_users_stash_stays_where_it_is_until_its_name_is_needed(tmp_path: Path) -> None:
    os.chown(stash.save(RID, about("theirs"), folder=tmp_path), 12345, -1)
    assert stash.load(RID, folder=tmp_path) is None
    assert litter(tmp_path) == []
    stash.save(RID, about("ours"), folder=tmp_path)
    [aside] = litter(tmp_path)
    assert aside.endswith(".unreadable")
    assert b"theirs" in (tmp_path / aside).read_bytes()


def test_a_disk_that_fails_for_a_moment_puts_nothing_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stash.save(RID, about("a"), folder=tmp_path)

    def stale(*_: object) -> bytes:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", stale)
        with pytest.raises(OSError, match="Stale"):
            stash.load(RID, folder=tmp_path)
    assert stash.load(RID, folder=tmp_path)
    assert litter(tmp_path) == []
