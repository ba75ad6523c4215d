"""Draw pictures in a process of its own with limited memory and time: a hostile file costs only that process."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ..formats.sandbox.sandboxed import command, environment
from .picture import CannotDrawNow, NothingToDraw, Picture

log = logging.getLogger(__name__)

#: Bytes of writable memory, and seconds of processor time.
MOST_MEMORY = 512 << 20
MOST_SECONDS = 10
#: On a busy machine the process may take so many times as long by the clock.
_BUSY = 2

_TOO_SLOW = "Drawing the picture takes more than {seconds} seconds."
_TOO_LARGE = "Drawing the picture takes more than {mebibytes} MiB of memory."
_BROKEN = "The file is damaged or too complex for a picture."


def render(
    job: Mapping[str, Any],
    folder: Path,
    widths: Sequence[int],
    *,
    memory: int = MOST_MEMORY,
    seconds: int = MOST_SECONDS,
) -> dict[int, Picture]:
    """Return the pictures of a job by width.

    :param job: ``kind``, and for files their ``path``; see ``child``.
    :param folder: the process writes the pictures there.
    :raises NothingToDraw: when the job has no picture, or it exceeds the limits.
    :raises CannotDrawNow: when the machine has no memory or time left.
    """
    given = {**job, "folder": str(folder), "widths": list(widths), "memory": memory, "seconds": seconds}
    with (folder / "complaints").open("w+b") as complaints:
        with subprocess.Popen(
            command(f"{__package__}.child"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment(),
        ) as process:
            try:
                said, _ = process.communicate(json.dumps(given).encode() + b"\n", timeout=_BUSY * seconds)
            except subprocess.TimeoutExpired as error:
                raise CannotDrawNow("The server is too busy just now; try again later.") from error
            finally:
                process.kill()
        answer = _answer(said, process.returncode, complaints, memory, seconds)
    return {width: _picture(folder / str(width), *answer[str(width)]) for width in widths}


def _answer(said: bytes, code: int, complaints: BinaryIO, memory: int, seconds: int) -> dict[str, list[Any]]:
    """Return content type, width and height of each picture, by the width that was asked for."""
    word, what = json.loads(said) if code == 0 and said else ("", {})
    if word == "done":
        return what
    if word == "nothing":
        raise NothingToDraw(what)
    if word == "memory":
        raise NothingToDraw(_TOO_LARGE.format(mebibytes=memory >> 20))
    if -code == signal.SIGXCPU:
        raise NothingToDraw(_TOO_SLOW.format(seconds=seconds))
    # killed by the kernel: the machine is out of memory
    if -code == signal.SIGKILL:
        raise CannotDrawNow("The server has too little memory just now; try again later.")
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - 4000))
    log.warning("A picture's process ended with status %s: %s", code, complaints.read().decode("utf-8", "replace"))
    raise NothingToDraw(_BROKEN)


def _picture(path: Path, content_type: str, width: int, height: int) -> Picture:
    return Picture(data=path.read_bytes(), content_type=content_type, width=width, height=height)
