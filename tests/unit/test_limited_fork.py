"""Reading in a forked process that can take only so much."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ckanext.datapusher_plus.core.errors import (
    NothingToLoad,
    RaggedRow,
    ReaderDied,
    TooMuchMemory,
    TooMuchTime,
)
from ckanext.datapusher_plus.core.quarantine import Rejected
from ckanext.datapusher_plus.core.reader_limits import LEAST_SECONDS
from ckanext.datapusher_plus.core.values import Log
from ckanext.datapusher_plus.formats.sandbox.limited_fork import (
    MOST_MEMORY,
    explain,
    limited,
    most_seconds,
)
from tests.fix_file import Said

#: Prints the id of the process that reads for it, and then waits for it.
PARENT = """
import os, time
from ckanext.datapusher_plus.formats.sandbox.limited_fork import limited
from tests.fix_file import Said
def read(log):
    os.write(1, f"{os.getpid()}\\n".encode())
    time.sleep(600)
limited(read, Said(), size=1)
"""
#: Ends when it has used up a second of processor time.
BUSY = """
from ckanext.datapusher_plus.formats.sandbox.limited_fork import limit
limit(memory=1 << 30, seconds=1)
while True: pass
"""


def test_the_result_and_what_is_logged_come_back(said: Said) -> None:
    def read(log: Log) -> tuple[int, Path]:
        log.info("Half of it.")
        log.warning("Look at this.")
        log.progress("convert", 1, 2)
        return os.getpid(), Path("made.csv")

    process, path = limited(read, said, size=1)
    assert process != os.getpid()
    assert path == Path("made.csv")
    assert said.lines == ["Half of it.", "Look at this."]


@pytest.mark.parametrize("error", [NothingToLoad("is empty"), RaggedRow(3, 2, 5)])
def test_an_error_comes_back_as_it_was(error: Exception, said: Said, tmp_path: Path) -> None:
    rejected = Rejected(rows=1, total=2, path=tmp_path / "rejected.csv")

    def read(_: Log) -> None:
        vars(error)["rejected"] = rejected
        raise error

    with pytest.raises(type(error)) as raised:
        limited(read, said, size=1)
    assert str(raised.value) == str(error)
    assert vars(raised.value)["rejected"] == rejected


@pytest.mark.parametrize("piece", [1 << 30, 1 << 16])
def test_one_that_takes_too_much_memory_is_refused(piece: int, said: Said) -> None:
    def read(_: Log) -> int:
        return len([bytearray(piece) for _ in range((2 << 30) // piece)])

    with pytest.raises(TooMuchMemory, match="320 MiB"):
        limited(read, said, size=1)
    assert limited(lambda _: len(bytearray(MOST_MEMORY - (32 << 20))), said, size=1)


def test_one_that_takes_too_much_time_is_ended_by_the_kernel(said: Said) -> None:
    done = subprocess.run([sys.executable, "-c", BUSY], check=False, timeout=60)
    assert -done.returncode == signal.SIGXCPU
    with pytest.raises(TooMuchTime, match="60 seconds"):
        explain("", done.returncode, most_seconds(99_999))

    def limits(_: Log) -> str:
        return Path("/proc/self/limits").read_text()

    seconds = next(line for line in limited(limits, said, size=1_000_000).splitlines() if line.startswith("Max cpu"))
    # the hard limit ends what the signal at the soft one does not
    assert [int(word) for word in seconds.split() if word.isdigit()] == [LEAST_SECONDS + 10, LEAST_SECONDS + 15]


def test_an_error_that_nobody_expected_is_in_the_workers_log(said: Said, caplog: pytest.LogCaptureFixture) -> None:
    def read(_: Log) -> None:
        raise KeyError("nobody thought of this")

    with pytest.raises(ReaderDied):
        limited(read, said, size=1)
    assert "nobody thought of this" in caplog.text


def test_it_dies_with_the_run_that_waits_for_it() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        reader = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{reader}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{reader}").exists()


def test_it_holds_on_to_no_connection_of_the_run(said: Said) -> None:
    kept, other = os.pipe()

    def is_open(_: Log) -> bool:
        return Path(f"/proc/self/fd/{kept}").exists()

    assert not limited(is_open, said, size=1)
    os.close(kept)
    os.close(other)


def test_no_process_is_left_when_the_run_is_stopped(said: Said, tmp_path: Path) -> None:
    def stop(*_: object) -> None:
        raise SystemExit

    def read(_: Log) -> None:
        (tmp_path / "reader").write_text(str(os.getpid()))
        time.sleep(600)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(SystemExit):
            limited(read, said, size=1)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not Path(f"/proc/{(tmp_path / 'reader').read_text()}").exists()
