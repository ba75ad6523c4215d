"""How qsv is run: within limits, without the site's secrets, and never left behind. Shell scripts take its place."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from ckanext.datapusher_plus.engines.qsv_process import (
    NAMES,
    Limits,
    Program,
    QsvFailed,
    QsvUnusable,
    limits_for,
    run,
    usable,
)
from tests.qsv import script

MB = 1 << 20
#: older versions are run by the plugin, newer ones by qsv's own client
VERSIONS = ("16.1.0", "25.0.0") if find_spec("qsv_client") else ("16.1.0",)

#: Waits for a qsv in the folder that it is given.
PARENT = """
import sys
from pathlib import Path
from ckanext.datapusher_plus.engines.qsv_process import limits_for, run, usable
folder = Path(sys.argv[1])
run(usable(str(folder / "qsvlite")), [], folder=folder, limits=limits_for(1))
"""


def answer(program: Program, folder: Path, *words: str, seconds: int = 9, memory: int = 320 * MB) -> str:
    """Return what a program prints."""
    limits = Limits(seconds=seconds, memory=memory)
    return run(program, ["frequency", *words], folder=folder, limits=limits).read_text(encoding="utf-8")


def has_ended(process: int) -> bool:
    """Return whether a process ends within five seconds."""
    until = time.monotonic() + 5
    with suppress(FileNotFoundError):
        while Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
    return True


def wait_for(path: Path) -> int:
    """Return the number in a file, once it is there."""
    until = time.monotonic() + 20
    while time.monotonic() < until and not (path.exists() and path.read_text().strip()):
        time.sleep(0.05)
    return int(path.read_text())


@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_given_its_words_and_nothing_of_the_site(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CKAN_SQLALCHEMY_URL", "postgresql://a:secret@b/c")
    told = answer(script(tmp_path, 'echo "[$2]"; pwd; env', version), tmp_path, "--no-trim; exit").splitlines()
    assert told[:2] == ["[--no-trim; exit]", str(tmp_path)]
    names = {line.split("=")[0] for line in told[2:]}
    assert "QSV_ERROR_FORMAT=json" in told
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {
        *("QSV_ERROR_FORMAT", "QSV_DOTENV_PATH", "QSV_STATSCACHE_MODE", "QSV_SKIP_FORMAT_CHECK"),
        *("RAYON_NUM_THREADS", "MALLOC_ARENA_MAX", "TMPDIR", "LC_ALL"),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_the_kernel_limits_it(version: str, tmp_path: Path) -> None:
    told = answer(script(tmp_path, "cat /proc/self/limits", version), tmp_path, seconds=7, memory=99 * MB)
    limits = {line[:26].strip(): line[26:].split()[:2] for line in told.splitlines()}
    assert limits["Max address space"] == [str(99 * MB)] * 2
    assert limits["Max cpu time"] == ["7", "12"]
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max file size"] == [str(64 * MB)] * 2


@pytest.mark.parametrize("version", VERSIONS)
def test_it_has_a_session_of_its_own(version: str, tmp_path: Path) -> None:
    told = answer(script(tmp_path, "cut -d' ' -f6 /proc/self/stat", version), tmp_path)
    assert int(told) != os.getsid(0)


@pytest.mark.parametrize("version", VERSIONS)
def test_one_that_takes_too_long_is_ended_with_all_that_it_started(version: str, tmp_path: Path) -> None:
    slow = script(tmp_path, "trap '' TERM; sleep 600 & echo $! > child; echo $$ > self; wait; wait; sleep 600", version)
    with pytest.raises(QsvFailed) as raised:
        answer(slow, tmp_path, seconds=1)
    assert (raised.value.memory, raised.value.clue) == (False, "that took longer than 4 seconds")
    assert [name for name in ("self", "child") if not has_ended(int((tmp_path / name).read_text()))] == []


def test_it_ends_with_the_run(tmp_path: Path) -> None:
    script(tmp_path, "echo $$ > self; exec sleep 600")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path])
    try:
        process = wait_for(tmp_path / "self")
    finally:
        parent.kill()
        parent.wait()
    assert has_ended(process)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("does", "memory"),
    [
        ("echo 'csv error: record 5' >&2; exit 1", False),
        ("echo 'memory allocation of 96 bytes failed' >&2; kill -ABRT $$", True),
        ("echo 'out of memory error: x' >&2; exit 4", True),
        ("kill -KILL $$", True),
        ("kill -SEGV $$", False),
    ],
)
def test_a_lack_of_memory_is_known_from_other_failures(
    does: str, *, memory: bool, version: str, tmp_path: Path
) -> None:
    with pytest.raises(QsvFailed) as raised:
        answer(script(tmp_path, does, version), tmp_path)
    assert raised.value.memory is memory


def test_its_own_words_are_kept_for_the_log(tmp_path: Path) -> None:
    with pytest.raises(QsvFailed, match="^qsv ended with status 1: csv error: record 5$"):
        answer(script(tmp_path, "echo 'csv error: record 5' >&2; exit 1"), tmp_path)


def test_more_time_and_room_is_allowed_for_larger_files() -> None:
    assert limits_for(1) == Limits(seconds=60, memory=320 * MB, written=64 * MB)
    assert limits_for(1_000_000_000) == Limits(seconds=10_060, memory=320 * MB, written=20_000_000_000)


@pytest.mark.parametrize(
    ("says", "sentence", "broken"),
    [
        ("echo qsvdp 16.0.2-mimalloc", "is qsvdp 16.0.2, and 16.1 or newer is needed", False),
        ("echo qsv 0.4.2", "is qsv 0.4.2, and 16.1 or newer is needed", False),
        ("echo GNU coreutils 9.1", "does not tell its version as qsv does", True),
        ("exit 3", "does not run: ", True),
        ("exec sleep 60", "does not tell its version within 4 s", True),
    ],
)
def test_one_that_cannot_be_used_is_told_in_one_clause(
    says: str, sentence: str, *, broken: bool, tmp_path: Path
) -> None:
    path = tmp_path / "qsv"
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    with pytest.raises(QsvUnusable) as raised:
        usable(str(path))
    assert str(raised.value).startswith(f"{path} {sentence}")
    assert raised.value.broken is broken


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_on_the_path_by_each_of_its_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(QsvUnusable, match="^qsv is not installed$"):
        usable("")
    program = tmp_path / name
    program.write_text(f"#!/bin/sh\necho {name} 20.1.0-mimalloc\n")
    program.chmod(0o755)
    assert usable("") == Program(path=str(program), title=f"{name} 20.1.0", version=(20, 1))


def test_a_program_that_was_replaced_is_asked_again(tmp_path: Path) -> None:
    assert script(tmp_path, version="16.1.0").version == (16, 1)
    assert script(tmp_path, version="20.10.0").version == (20, 10)


def test_a_path_to_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(QsvUnusable, match="nothing is not a program that can be run$"):
        usable(str(tmp_path / "nothing"))
