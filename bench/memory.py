"""Resources that a run uses: memory of its process and child processes, and disk space of its work folder."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from .runs import Run, Runs
from .stack import Ground
from .subject import Subject

#: Seconds between two samples; the kernel's own high-water mark of a process does not depend on their timing.
LOOK = 0.05
_MIB = 1 << 20


@dataclass(slots=True)
class Peak:
    """Highest values that were sampled, in bytes."""

    #: resident memory of the run's process, with the pages that its children do not share with it or with each other;
    #: pages that the run shares with the worker count in full
    rss: int = 0
    #: proportional memory of the same: each shared page is divided among the processes that share it
    pss: int = 0
    #: disk space of the files in the work folder
    folder: int = 0

    @property
    def rss_mib(self) -> float:
        """Return the resident memory in MiB."""
        return self.rss / _MIB

    @property
    def pss_mib(self) -> float:
        """Return the proportional memory in MiB."""
        return self.pss / _MIB


@contextmanager
def watched(ground: Ground, subject: Subject) -> Iterator[Peak]:
    """Sample the next run of the subject's resource during the block."""
    peak, stop = Peak(), threading.Event()
    with Runs(ground.ckan_dsn) as runs:
        before = runs.latest(subject.resource_id)
        watcher = threading.Thread(target=_watch, args=(ground, subject.resource_id, before, peak, stop))
        watcher.start()
        try:
            yield peak
        finally:
            stop.set()
            watcher.join()


def _watch(ground: Ground, resource_id: str, before: Run | None, peak: Peak, stop: threading.Event) -> None:
    with Runs(ground.ckan_dsn) as runs:
        while not stop.wait(LOOK):
            run = runs.latest(resource_id)
            if run and run.pid and (before is None or run.id != before.id):
                with contextlib.suppress(psutil.NoSuchProcess):
                    _follow(psutil.Process(run.pid), ground.work / run.id, peak, stop)
                return


def _follow(process: psutil.Process, folder: Path, peak: Peak, stop: threading.Event) -> None:
    high = 0
    while process.is_running() and not stop.is_set():
        family = [process.pid, *(child.pid for child in process.children(recursive=True))]
        seen = [usage(pid) for pid in family]
        high = max(high, *(one.high for one in seen))
        peak.rss = max(peak.rss, high, seen[0].rss + sum(one.private for one in seen[1:]))
        peak.pss = max(peak.pss, sum(one.pss for one in seen))
        peak.folder = max(peak.folder, size(folder))
        time.sleep(LOOK)


@dataclass(frozen=True, slots=True)
class Usage:
    """Memory of one process, in bytes."""

    rss: int = 0
    pss: int = 0
    #: resident memory that no other process has; of a forked process what it has written or read since
    private: int = 0
    #: highest resident memory so far; a forked process starts with its parent's present value
    high: int = 0


def usage(pid: int) -> Usage:
    """Return the memory of a process, zeros when it has ended."""
    try:
        now = _kilobytes(Path(f"/proc/{pid}/smaps_rollup"))
        ever = _kilobytes(Path(f"/proc/{pid}/status"))
    except (FileNotFoundError, ProcessLookupError):
        return Usage()
    private = now.get("Private_Clean", 0) + now.get("Private_Dirty", 0)
    return Usage(rss=now.get("Rss", 0), pss=now.get("Pss", 0), private=private, high=ever.get("VmHWM", 0))


def _kilobytes(path: Path) -> dict[str, int]:
    """Return the values in kB of a file in /proc, by name, in bytes."""
    lines = (line.split() for line in path.read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) == 3 and words[2] == "kB"}


def size(folder: Path) -> int:
    """Return the disk space that the files in a folder occupy, in bytes."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_blocks * 512
    return total
