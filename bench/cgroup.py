"""A worker with 512 MiB of memory loads far larger files: ``python -m bench.cgroup [csv] [xlsx]``; Linux, as root.

Uses the servers of the running stack. Its worker is stopped, and one in a new control group does the loads. A run is
good if nothing was killed (``oom_kill`` 0) and all rows are loaded. The kernel fills the memory that processes do not
use with the page cache, so the group's own peak is always its limit; ``processes`` is the peak of the processes alone.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.servers.worker import Worker

from .runs import Run, Runs
from .stack import Ground, chosen, ground

LIMIT = 512 << 20
CSV_ROWS = 4_000_000
#: enough cells for 200 MB; a sheet has at most 1,048,576 rows
XLSX_ROWS, XLSX_COLUMNS = 1_040_000, 21
#: Seconds that a load may take.
PATIENCE = 3 * 3600
_WORDS = [
    f"{a}{b}{c}" for a in ("ba", "co", "di", "fu") for b in ("ga", "he", "ki") for c in ("lo", "mus", "nat", "per")
]
_V1, _V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")


@dataclass(slots=True)
class Group:
    """A memory control group, of cgroup version 1 or 2."""

    path: Path
    #: peak memory of its processes in bytes, without the page cache
    processes: int = 0

    @classmethod
    def make(cls, limit: int) -> Group:
        """Create a group without swap.

        :param limit: bytes.
        """
        v2 = not _V1.is_dir()
        path = (_V2 if v2 else _V1) / f"datapusher_plus_{os.getpid()}"
        path.mkdir()
        group = cls(path)
        group._set("memory.max" if v2 else "memory.limit_in_bytes", limit)
        group._set("memory.swap.max" if v2 else "memory.memsw.limit_in_bytes", 0 if v2 else limit)
        return group

    @property
    def around(self) -> list[str]:
        """Return the first arguments of a command that is to run in the group."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.path / "cgroup.procs")]

    @property
    def killed(self) -> int:
        """Return how many of its processes the kernel has killed because memory ran out."""
        name = "memory.events" if (self.path / "memory.events").exists() else "memory.oom_control"
        return self._stat(name)["oom_kill"]

    def end(self) -> None:
        """Remove the group when its last process has ended."""
        while (self.path / "cgroup.procs").read_text():
            time.sleep(0.1)
        self.path.rmdir()

    def look(self) -> None:
        """Update ``processes`` with the present memory of the processes."""
        stat = self._stat("memory.stat")
        self.processes = max(self.processes, stat.get("total_rss", 0) or stat.get("anon", 0))

    def _stat(self, name: str) -> dict[str, int]:
        lines = (self.path / name).read_text().splitlines()
        return {key: int(value) for key, value in (line.split() for line in lines)}

    def _set(self, name: str, value: int) -> None:
        if (self.path / name).exists():
            (self.path / name).write_text(str(value))


def write_csv(path: Path) -> None:
    """Write a CSV file of 2 GB with numbers, dates and words."""
    rng = random.Random(2)
    texts = [" ".join(rng.choices(_WORDS, k=60))[:400] for _ in range(5_000)]
    with path.open("w", encoding="utf-8") as file:
        file.write("id,day,amount,place,text\n")
        for start in range(0, CSV_ROWS, 10_000):
            file.writelines(
                f"{n},2026-{n % 12 + 1:02}-{n % 28 + 1:02},{n % 9973}.{n % 100:02},{_WORDS[n % 48]} {n},"
                f"{texts[n * 7919 % 5_000]} {n:>060}\n"
                for n in range(start, start + 10_000)
            )


def write_xlsx(path: Path) -> None:
    """Write an Excel workbook of 200 MB with numbers."""
    rng = random.Random(200)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, content in _BOOK.items():
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            headings = "".join(f'<c t="inlineStr"><is><t>c{n}</t></is></c>' for n in range(XLSX_COLUMNS))
            sheet.write(f"<row>{headings}</row>".encode())
            for _ in range(XLSX_ROWS // 1_000):
                sheet.write(b"".join(_row(rng) for _ in range(1_000)))
            sheet.write(b"</sheetData></worksheet>")


def _row(rng: random.Random) -> bytes:
    digits = f"{rng.getrandbits(50 * XLSX_COLUMNS):0{16 * XLSX_COLUMNS}}"
    numbers = (digits[-14 * n - 15 : -14 * n - 1] for n in range(XLSX_COLUMNS))
    return f"<row>{''.join(f'<c><v>1{number}</v></c>' for number in numbers)}</row>".encode()


_MAIN = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETS}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEETS}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_MAIN}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    f'xmlns:r="{_MAIN}"><sheets><sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_MAIN}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
FILES: dict[str, tuple[int, Callable[[Path], None]]] = {"csv": (CSV_ROWS, write_csv), "xlsx": (XLSX_ROWS, write_xlsx)}


@contextmanager
def worker(group: Group) -> Iterator[None]:
    """Run a worker in the group, in place of the stack's own worker, which is stopped."""
    own = Worker(chosen())
    own.stop()
    command = own.command()
    log = chosen().folder("logs") / "worker-in-cgroup.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*group.around, *command.argv], env={**os.environ, **command.env}, stdout=output, stderr=output
        )
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(group, stop))
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()
        process.terminate()
        process.wait()


def _watch(group: Group, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        group.look()


def load(found: Ground, path: Path) -> Run:
    """Upload a small file, replace it in CKAN's storage by the large one, and load that."""
    small = path.with_name(f"small-{path.name}")
    mark = random.randbytes(20).hex().encode()
    small.write_bytes(mark)
    resource = found.portal.upload("resource_create", small, package_id=found.dataset, format="none", name=path.name)
    stored = (each for each in chosen().folder("files").rglob("*") if each.is_file())
    place = next(each for each in stored if each.stat().st_size == len(mark) and each.read_bytes() == mark)
    place.unlink()
    os.link(path, place)
    with Runs(found.ckan_dsn) as runs:
        before = runs.latest(resource["id"])
        found.portal.act("datapusher_submit", resource_id=resource["id"])
        run = runs.ended(resource["id"], before, patience=PATIENCE)
        for at, message in runs.told(run.id):
            print(f"  {at:%H:%M:%S} {message[:150]}")
    return run


def made(kind: str, folder: Path) -> tuple[Path, int]:
    """Return the path of a large file, written if it is missing, and its number of rows."""
    rows, write = FILES[kind]
    path = folder / f"{rows}-rows.{kind}"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        write(unfinished)
        unfinished.replace(path)
    return path, rows


def main() -> None:
    """Load the files named on the command line, by default all."""
    found = ground()
    for kind in sys.argv[1:] or FILES:
        path, rows = made(kind, found.files)
        group = Group.make(LIMIT)
        begun = time.monotonic()
        with worker(group):
            run = load(found, path)
        told = f"{path.stat().st_size:,} bytes, {run.rows:,} of {rows:,} rows, {time.monotonic() - begun:.0f} s"
        print(f"{kind}: {told}, processes {group.processes >> 20} MiB, oom_kill {group.killed}", flush=True)
        group.end()


if __name__ == "__main__":
    main()
