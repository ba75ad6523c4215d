"""The file in an archive is read like any other, except that it may not be an archive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ...core.errors import NestedArchive
from ...core.values import CleanCsv, Source
from ..base import Work, detect, is_archive

#: files that are known to be archives by their name, though they are not all unpacked here
ARCHIVES = frozenset({"zip", "gz", "tgz", "tar", "bz2", "xz", "zst", "7z", "rar"})


def write(pieces: Iterable[bytes], target: Path) -> int:
    """Write what is unpacked and return how many bytes it is."""
    with target.open("wb") as out:
        return sum(out.write(piece) for piece in pieces)


def read(path: Path, filename: str, outer: Source, work: Work, kind: str) -> CleanCsv:
    """Make canonical CSV of the file that was in an archive of some kind.

    :raises NestedArchive: when it is an archive itself.
    """
    source = Source(path=path, filename=filename, size=path.stat().st_size, hash=outer.hash, content_type=None)
    # the resource's format may be that of the archive or of the table in it
    typed = "" if is_archive(work.format) else work.format
    found = detect(source, typed)
    if found.wrapper:
        raise NestedArchive(filename)
    csv = found.convert(source, replace(work, format=typed))
    return replace(csv, format=f"{csv.format}, from {kind}")
