"""Write a file from the network or from CKAN's storage to disk, within the size limit, and compute its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..core.errors import FileTooLarge
from ..core.values import Log, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file on disk, with its size in bytes and its digest."""

    path: Path
    size: int
    hash: str


def receive(
    chunks: Iterable[bytes], target: Path, *, limit: int, algorithm: str, total: int | None, log: Log
) -> Received:
    """Write the chunks to ``target``.

    :param total: bytes announced; None when unknown.
    :raises FileTooLarge: as soon as more than ``limit`` bytes are announced or have arrived.
    """
    if total is not None and total > limit:
        raise FileTooLarge(limit, total)
    digest = hashlib.new(algorithm, usedforsecurity=False)
    size = 0
    with target.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise FileTooLarge(limit)
            digest.update(chunk)
            file.write(chunk)
            log.progress("fetch", size, total)
    return Received(path=target, size=size, hash=digest.hexdigest())


def store(
    stream: BinaryIO, target: Path, *, filename: str, limit: int, algorithm: str, chunk_size: int, log: Log
) -> Source:
    """Copy an uploaded file from CKAN's storage, not through its web server; a newer upload cannot change the copy.

    :raises FileTooLarge: when it has more than ``limit`` bytes.
    """
    chunks = iter(lambda: stream.read(chunk_size), b"")
    got = receive(chunks, target, limit=limit, algorithm=algorithm, total=_size(stream), log=log)
    return Source(path=got.path, filename=filename, size=got.size, hash=got.hash, content_type=None)


def _size(stream: BinaryIO) -> int | None:
    """Return how many bytes are left to read; None for a stream that cannot seek."""
    if not stream.seekable():
        return None
    here = stream.tell()
    end = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    return end - here
