"""A file is read in a process of its own, whose end, however it comes, is a sentence to the publisher."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core.errors import (
    BadJson,
    Damaged,
    IngestError,
    NothingToLoad,
    ReaderDied,
    TooMuchMemory,
    TooMuchTime,
    UnpacksTooLarge,
)
from ckanext.datapusher_plus.core.values import CleanCsv, Source
from ckanext.datapusher_plus.formats.sandbox import sandboxed
from tests import maps
from tests.fix_file import Publish, Said


@pytest.fixture
def convert(publish: Publish, said: Said):
    def run(content: bytes, limits: formats.Limits | None = None) -> CleanCsv:
        ticket, source = publish(content, format="", name="file")
        work = formats.Work(dir=ticket.work_dir, log=said, limits=limits or formats.Limits())
        return formats.detect(source, "").convert(source, work)

    return run


def test_what_the_reader_says_comes_back(convert, said: Said) -> None:
    found = convert(b'{"data": [{"a": NaN}], "more": [{"b": 1}]}')
    assert (found.header, found.format, found.counts) == (("a",), "JSON", "record")
    assert found.path.read_text() == 'a\n""\n'
    assert ["“more” (1)" in said.lines[0], "no number" in said.lines[1]] == [True, True]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b'[{"a": 1},\n{]', BadJson, "line 2"),
        (b"[]", NothingToLoad, "no records"),
        (b"PAR1" + b"x" * 99, Damaged, "Parquet"),
    ],
)
def test_an_error_comes_back_as_itself(content: bytes, error: type[Exception], words: str, convert) -> None:
    with pytest.raises(error, match=words):
        convert(content)


def test_what_needs_too_much_memory_is_refused(convert) -> None:
    # fifteen million characters that would be a gigabyte of objects
    with pytest.raises(TooMuchMemory, match="320 MiB"):
        convert(b'[{"a": [' + b"{}," * 5_000_000 + b"{}]}]")


def test_what_becomes_too_large_is_refused(convert) -> None:
    with pytest.raises(UnpacksTooLarge, match="The table in the JSON file takes more than the 100,000 bytes"):
        convert(
            b"[" + b",".join(b'{"a": "' + b"x" * 1000 + b'"}' for _ in range(200)) + b"]",
            formats.Limits(unpacked=100_000),
        )


def test_a_crash_of_native_code_is_a_sentence(convert, tmp_path: Path) -> None:
    nested = b"\x01\x07\0\0\0\x01\0\0\0" * 300_000
    content = maps.geopackage(
        tmp_path,
        "CREATE TABLE t (geom BLOB)",
        *maps.layer("t"),
        ("INSERT INTO t VALUES (?)", [b"GP\0\x01\0\0\0\0" + nested]),
    )
    with pytest.raises(ReaderDied, match="GeoPackage file could not be read"):
        convert(content)


@contextmanager
def reading(work_dir: Path, said: Said) -> Iterator[tuple[Future[CleanCsv], int]]:
    """Have a process begin to read what never comes."""
    pipe = work_dir / "pipe"
    os.mkfifo(pipe)
    source = Source(path=pipe, filename="x.json", size=1, hash="", content_type=None)
    before = children()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(formats.named("JSON").convert, source, formats.Work(dir=work_dir, log=said))
        deadline = time.monotonic() + 30
        while not (new := children() - before) or not waits_for_pipe(min(new)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        pid = new.pop()
        try:
            yield result, pid
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()} | {
        int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()
    }


def waits_for_pipe(pid: int) -> bool:
    return (
        "wait_for_partner" in Path(f"/proc/{pid}/wchan").read_text()
        or b"reader" in Path(f"/proc/{pid}/cmdline").read_bytes()
        and int(Path(f"/proc/{pid}/oom_score_adj").read_text()) == 1000
    )


@pytest.mark.parametrize(
    ("death", "error"),
    [(signal.SIGSEGV, ReaderDied), (signal.SIGKILL, TooMuchMemory), (signal.SIGXCPU, TooMuchTime)],
)
def test_every_death_is_a_sentence(death: signal.Signals, error: type[IngestError], tmp_path: Path, said: Said) -> None:
    with reading(tmp_path, said) as (result, pid):
        os.kill(pid, death)
        with pytest.raises(error, match="JSON file"):
            result.result(timeout=30)


def test_the_reader_has_limits_and_no_secrets(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CKAN_SECRET", "hunter2")
    with reading(tmp_path, said) as (_, pid):
        assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert f"{sandboxed.MOST_MEMORY} " in limits.split("Max data size")[1].splitlines()[0]


def test_the_reader_ends_with_its_run(tmp_path: Path, said: Said) -> None:
    os.mkfifo(tmp_path / "pipe")
    source = Source(path=tmp_path / "pipe", filename="x.json", size=1, hash="", content_type=None)
    with subprocess.Popen(sandboxed.command(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin
        process.stdin.write(sandboxed._job(formats.named("JSON"), source, formats.Work(dir=tmp_path, log=said)))
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        # nobody writes to the pipe: it would wait for ever
        process.stdin.close()
        try:
            assert process.wait(10) == 1
        finally:
            process.kill()
