"""Read the file from an archive like any other file, except that it may not be an archive itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ...core.errors import NestedArchive
from ...core.message import say
from ...core.values import CleanCsv, Source
from ..base import Work, detect, is_archive

#: file name extensions of archives, including some that cannot be unpacked here
ARCHIVES = frozenset({"zip", "gz", "tgz", "tar", "bz2", "xz", "zst", "7z", "rar"})


def write(pieces: Iterable[bytes], target: Path) -> int:
    """Write the unpacked bytes, and return their number."""
    with target.open("wb") as out:
        return sum(out.write(piece) for piece in pieces)


def read(path: Path, filename: str, outer: Source, work: Work, kind: str) -> CleanCsv:
    """Convert the file that was in an archive to canonical CSV.

    :param outer: the archive.
    :param kind: name of the archive's format.
    :raises NestedArchive: when the file is an archive itself.
    """
    source = Source(path=path, filename=filename, size=path.stat().st_size, hash=outer.hash, content_type=None)
    # the resource's format may name the archive, or the format of the table in it
    typed = "" if is_archive(work.format) else work.format
    found = detect(source, typed)
    if found.wrapper:
        raise NestedArchive(filename)
    csv = found.convert(source, replace(work, format=typed))
    return replace(csv, format=say("{format}, from {archive}", format=csv.format, archive=kind))
