"""The child process of ``sandboxed``: it reads one file within limits and reports the result to the run."""

from __future__ import annotations

import errno
import gc
import json
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ...core.errors import IngestError, Skipped, TooMuchMemory, UnpacksTooLarge
from ...core.message import to_json
from ...core.values import FullText, ReadOptions, Source
from .. import named
from ..base import Limits, Work
from .limited_fork import MOST_MEMORY, PipeLog, limit
from .sandboxed import Apart


def main() -> None:
    """Read the file that the job, one JSON line on standard input, names."""
    # parsed documents have no cycles, and garbage collection of millions of objects takes ten times as long as parsing
    gc.disable()
    # what libraries print goes to standard error, not between the JSON lines on standard output
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    log = PipeLog(lambda words: print(json.dumps(to_json(words), default=os.fspath), file=out, flush=True))
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**job["limits"])
    limit(memory=MOST_MEMORY, seconds=job["seconds"], written=limits.unpacked_from(job["source"]["size"]))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for error in _outcome(job, limits, log):
        log.say(("failed", type(error).__name__, error.message, vars(error)))


def _outcome(job: dict[str, Any], limits: Limits, log: PipeLog) -> Iterator[IngestError | Skipped]:
    """Report the result, or yield the error instead."""
    work = Work(dir=Path(job["dir"]), log=log, options=_options(job["options"]), limits=limits, format=job["typed"])
    source = Source(**{**job["source"], "path": Path(job["source"]["path"])})
    try:
        reader = named(job["format"])
        assert isinstance(reader, Apart)
        csv = reader.read(source, work)
        log.say(("done", asdict(replace(csv, box=work.box))))
    except (IngestError, Skipped) as error:
        yield error
    except MemoryError:
        yield TooMuchMemory(job["format"], MOST_MEMORY)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        yield UnpacksTooLarge(limits.unpacked_from(source.size), job["format"])


def _options(given: dict[str, Any]) -> ReadOptions:
    words = given["null_values"]
    return replace(
        ReadOptions(**given),
        languages=tuple(given["languages"]),
        null_values=None if words is None else tuple(words),
        full_text=FullText(given["full_text"]),
    )


def _end_with_parent() -> None:
    # not through sys.stdin: this thread would hold its lock when the process ends normally
    os.read(0, 1)
    os._exit(1)
