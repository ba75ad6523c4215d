"""The process that draws pictures: it reads a job, one JSON line, and writes the pictures into the job's folder."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ..formats.sandbox.limited_fork import limit
from .picture import NothingToDraw

#: Largest picture in bytes.
_MOST_WRITTEN = 20_000_000


def main() -> None:
    """Draw the pictures that the job on standard input names, and print what came of it."""
    # what libraries print goes to standard error, not into the answer
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())
    limit(memory=job["memory"], seconds=job["seconds"], written=_MOST_WRITTEN)
    with out:
        json.dump(_outcome(job), out)


def _outcome(job: dict[str, Any]) -> tuple[str, Any]:
    try:
        return "done", _drawn(job)
    except NothingToDraw as error:
        return "nothing", str(error)
    except MemoryError:
        return "memory", None


def _drawn(job: dict[str, Any]) -> dict[int, tuple[str, int, int]]:
    folder, widths = Path(job["folder"]), job["widths"]
    # each kind has libraries of its own
    if job["kind"] == "table":
        from . import charts

        return charts.draw(job["drawing"], folder, widths)
    if job["kind"] == "pdf":
        from . import pdf

        return pdf.draw(Path(job["path"]), folder, widths)
    from . import images

    return images.draw(Path(job["path"]), folder, widths)
