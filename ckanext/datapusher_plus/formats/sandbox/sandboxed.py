"""Reading a file in a process of its own, which may run out of memory or time, or crash, without harm to the run.

Native readers and nested documents can take any amount of memory for a few bytes from a stranger. The process that
reads them has limits that the kernel keeps, none of the site's secrets and nothing to do but this one file. It says
what it does, line by line, on its standard output (``child``).
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from abc import abstractmethod
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NoReturn

from ...core.errors import TooMuchMemory
from ...core.values import CleanCsv, Source
from ..base import Format, Work
from .limited_fork import MOST_MEMORY, explain, most_seconds, remade

#: a process that handles a stranger's bytes sees no more of the environment than it needs to start
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZDIR")
#: Python without the paths and start-up files that an environment or a folder may bring along
_ISOLATED = ("-I", "-X", "utf8")
_FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "PROJ_NETWORK": "OFF",
}
_log = logging.getLogger(__name__)


class Apart(Format):
    """A format whose files are read in a process of their own."""

    def convert(self, source: Source, work: Work) -> CleanCsv:
        """Make canonical CSV of the file in ``work.dir``.

        :raises TooMuchMemory: when it cannot be read within ``MOST_MEMORY``.
        :raises TooMuchTime: when it cannot be read within the time that its size gives it.
        :raises ReaderDied: when the process that reads it ends by itself.
        """
        return _convert(self, source, work)

    @abstractmethod
    def read(self, source: Source, work: Work) -> CleanCsv:
        """Make canonical CSV of the file in ``work.dir``; called in the other process."""


def _convert(kind: Format, source: Source, work: Work) -> CleanCsv:
    with (work.dir / "reader.log").open("w+b") as complaints:
        process = subprocess.Popen(
            command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _FRUGAL,
        )
        try:
            done = _listened(process, _job(kind, source, work), work)
        finally:
            process.kill()
            process.wait()
        if done is None:
            _explain(kind.name, process.returncode, complaints, most_seconds(source.size))
    return done


def command() -> list[str]:
    """Return what starts the process that reads."""
    # where this package is installed by a link, an isolated Python must be told its folder
    program = f"import sys; sys.path.append(sys.argv[1]); from {__package__}.child import main; main()"
    return [sys.executable, *_ISOLATED, "-c", program, str(Path(__file__).resolve().parents[4])]


def _job(kind: Format, source: Source, work: Work) -> bytes:
    job = {
        "format": kind.name,
        "source": asdict(source),
        "dir": work.dir,
        "options": asdict(work.options),
        "limits": asdict(work.limits),
        "typed": work.format,
        "seconds": most_seconds(source.size),
    }
    return json.dumps(job, default=os.fspath).encode() + b"\n"


def _listened(process: subprocess.Popen[bytes], job: bytes, work: Work) -> CleanCsv | None:
    """Pass on what the process says; None when it ends without a result.

    :raises IngestError: as the process did.
    """
    said = process.stdout
    given = process.stdin
    assert said
    assert given
    with said, given:
        try:
            given.write(job)
            # it stays open: its end tells the process that nobody listens any more
            given.flush()
        except BrokenPipeError:
            return None
        for line in said:
            word, *what = json.loads(line)
            if word == "done":
                return _csv(what[0])
            if word == "failed":
                raise remade(*what)
            getattr(work.log, word)(*what)
    process.wait()
    return None


def _csv(told: dict[str, Any]) -> CleanCsv:
    return CleanCsv(
        **{
            **told,
            "path": Path(told["path"]),
            "header": tuple(told["header"]),
            "declared": tuple(told["declared"]),
        }
    )


def _explain(name: str, code: int, complaints: IO[bytes], seconds: int) -> NoReturn:
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - 4000))
    said = complaints.read().decode("utf-8", "replace")
    # Rust aborts when there is no memory
    if "memory allocation of" in said:
        raise TooMuchMemory(name, MOST_MEMORY)
    if said:
        _log.error("The reader of a %s file said: %s", name, said)
    explain(name, code, seconds)
