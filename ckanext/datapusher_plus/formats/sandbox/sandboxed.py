"""Read a file in a separate process, which may run out of memory or time, or crash, without harm to the run.

Native readers and nested documents can use any amount of memory for a few untrusted bytes. The process that reads them
(``child``) runs within limits that the kernel enforces, has none of the site's secrets, and reads only this one file.
It reports as JSON lines on its standard output.
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
from ...core.message import of_json
from ...core.values import CleanCsv, Source
from ..base import Format, Work
from .limited_fork import MOST_MEMORY, explain, most_seconds, remade

#: the environment variables that the process needs to start; no others are passed to it
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZDIR")
#: Python without the paths and start-up files that an environment or a folder may add
_ISOLATED = ("-I", "-X", "utf8")
_FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "PROJ_NETWORK": "OFF",
}
_log = logging.getLogger(__name__)


class Apart(Format):
    """A format whose files are read in a separate process."""

    def convert(self, source: Source, work: Work) -> CleanCsv:
        """Convert the file to canonical CSV in ``work.dir``, in a separate process.

        :raises TooMuchMemory: when it cannot be read within ``MOST_MEMORY``.
        :raises TooMuchTime: when it cannot be read within the processor time allowed for its size.
        :raises ReaderDied: when the process ends without a result for another reason.
        """
        return _convert(self, source, work)

    @abstractmethod
    def read(self, source: Source, work: Work) -> CleanCsv:
        """Convert the file to canonical CSV in ``work.dir``; called in the child process."""


def _convert(kind: Format, source: Source, work: Work) -> CleanCsv:
    with (work.dir / "reader.log").open("w+b") as complaints:
        process = subprocess.Popen(
            command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment(),
        )
        try:
            done = _listened(process, _job(kind, source, work), work)
        finally:
            process.kill()
            process.wait()
        if done is None:
            _explain(kind.name, process.returncode, complaints, most_seconds(source.size))
    return done


def environment() -> dict[str, str]:
    """Return the environment variables of a child process: none of the site's secrets."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _FRUGAL


def command(module: str = f"{__package__}.child") -> list[str]:
    """Return the command line that starts a child process: the ``main`` of a module."""
    # where this package is an editable install, an isolated Python does not find its folder
    program = f"import sys; sys.path.append(sys.argv[1]); from {module} import main; main()"
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
    """Pass the process's log entries on and return its result; None when it ends without one.

    :raises IngestError, Skipped: when the process raised them.
    """
    replies = process.stdout
    request = process.stdin
    assert replies
    assert request
    with replies, request:
        try:
            request.write(job)
            # it stays open: the child ends when it is closed, which also happens when this process dies
            request.flush()
        except BrokenPipeError:
            return None
        for line in replies:
            kind, *values = of_json(json.loads(line))
            if kind == "done":
                return _csv(values[0])
            if kind == "failed":
                raise remade(*values)
            getattr(work.log, kind)(*values)
    process.wait()
    return None


def _csv(found: dict[str, Any]) -> CleanCsv:
    return CleanCsv(
        **{
            **found,
            "path": Path(found["path"]),
            "header": tuple(found["header"]),
            "declared": tuple(found["declared"]),
            "box": found["box"] and tuple(found["box"]),
        }
    )


def _explain(name: str, code: int, complaints: IO[bytes], seconds: int) -> NoReturn:
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - 4000))
    output = complaints.read().decode("utf-8", "replace")
    # Rust aborts when an allocation fails
    if "memory allocation of" in output:
        raise TooMuchMemory(name, MOST_MEMORY)
    if output:
        _log.error("The reader of a %s file wrote: %s", name, output)
    explain(name, code, seconds)
