"""Files that CKAN itself holds: read from its storage, not through its web server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from ..core.values import Log, Source
from .receive import receive


def store(
    stream: BinaryIO, target: Path, *, filename: str, limit: int, algorithm: str, chunk_size: int, log: Log
) -> Source:
    """Copy an uploaded file, so that a newer upload cannot change it halfway.

    :raises FileTooLarge: when it has more than ``limit`` bytes.
    """
    chunks = iter(lambda: stream.read(chunk_size), b"")
    got = receive(chunks, target, limit=limit, algorithm=algorithm, total=_size(stream), log=log)
    return Source(path=got.path, filename=filename, size=got.size, hash=got.hash, content_type=None)


def _size(stream: BinaryIO) -> int | None:
    """Return how many bytes there are to read, None for a stream that cannot tell."""
    if not stream.seekable():
        return None
    here = stream.tell()
    end = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    return end - here
