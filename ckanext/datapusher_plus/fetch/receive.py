"""Writing what arrives to disk, with its digest, its size held to the limit and its progress told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import FileTooLarge
from ..core.values import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file on disk."""

    path: Path
    size: int
    hash: str


def receive(
    chunks: Iterable[bytes], target: Path, *, limit: int, algorithm: str, total: int | None, log: Log
) -> Received:
    """Write the chunks to ``target``.

    :raises FileTooLarge: as soon as more than ``limit`` bytes are announced or have come.
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
