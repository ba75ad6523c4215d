"""ZIP archives from strangers: the list of members is read only when it is small, members only up to a limit."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from ..core.errors import Damaged, Locked, NotText, TooManyMembers, UnpacksTooLarge
from ..core.values import Log

#: files in an archive, and bytes of the list of them; Python needs ten times as much memory for it
MOST_MEMBERS = 50_000
MOST_LISTED = 4 << 20
PIECE_BYTES = 1 << 18
#: bytes of a part that is about a document as a whole
MOST_ABOUT = 16 << 20
#: where it is in what the library returns
_SIZE_OF_LIST = 5
_ENCRYPTED = 0x1


def is_zip(head: bytes) -> bool:
    """Tell whether the first bytes are those of a ZIP archive, the second of an empty one."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def members(path: Path) -> frozenset[str]:
    """Return the names of an archive's members in lower case, with slashes.

    :raises Damaged: when it cannot be read.
    """
    with opened(path) as archive:
        return frozenset(simple(info.filename) for info in archive.infolist())


def simple(name: str) -> str:
    """Return a member's name as it is compared: some programs write backslashes, some capitals."""
    return name.replace("\\", "/").lstrip("/").lower()


@contextmanager
def opened(path: Path) -> Iterator[ZipFile]:
    """Open an archive.

    :raises Damaged: when it cannot be read, then or while it is open.
    :raises TooManyMembers: when it lists more than can be held in memory.
    """
    try:
        if _listed(path) > MOST_LISTED:
            raise TooManyMembers(MOST_MEMBERS, MOST_LISTED)
        with ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_MEMBERS:
                raise TooManyMembers(MOST_MEMBERS, MOST_LISTED)
            yield archive
    except (BadZipFile, LargeZipFile, EOFError, zlib.error, struct.error, ValueError, OverflowError) as error:
        raise Damaged("ZIP archive", "its end or a part of it is missing or wrong") from error
    except NotImplementedError as error:
        raise NotText("a ZIP archive packed in a way that cannot be unpacked here") from error


def pieces(archive: ZipFile, member: ZipInfo, limit: int) -> Iterator[bytes]:
    """Yield what a member holds.

    :raises Locked: when it is encrypted.
    :raises Damaged: when it would begin before the archive does.
    :raises UnpacksTooLarge: as soon as it is more than ``limit`` bytes.
    """
    if member.header_offset < 0:
        raise Damaged("ZIP archive", "its list of files does not fit what is in it")
    if member.flag_bits & _ENCRYPTED:
        raise Locked("archive")
    if member.file_size > limit:
        raise UnpacksTooLarge(limit)
    with archive.open(member) as file:
        yield from limited(file, limit)


def limited(file: BinaryIO | object, limit: int) -> Iterator[bytes]:
    """Yield a stream piece by piece.

    :raises UnpacksTooLarge: as soon as it is more than ``limit`` bytes.
    """
    size = 0
    while piece := file.read(PIECE_BYTES):  # type: ignore[attr-defined]
        size += len(piece)
        if size > limit:
            raise UnpacksTooLarge(limit)
        yield piece


class Package:
    """A document that is a ZIP archive of parts."""

    def __init__(self, archive: ZipFile, what: str, most: int, log: Log) -> None:
        """Take an archive, called ``what`` in messages, of which no part may have more than ``most`` bytes.

        Parts are read up to four times: for the choice of a sheet, its columns and its rows. More is an attack.
        """
        self._archive, self.what, self._most, self._log = archive, what, most, log
        self._left = 4 * most
        self._by_name = {simple(info.filename): info for info in archive.infolist()}

    def has(self, name: str) -> bool:
        """Tell whether there is such a part."""
        return simple(name) in self._by_name

    def pieces(self, name: str, most: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of a part.

        :raises Damaged: when it is not there.
        :raises UnpacksTooLarge: when it is too large.
        """
        part = self._by_name.get(simple(name))
        if part is None:
            raise Damaged(self.what, f"its part {name} is missing")
        done = 0
        for piece in pieces(self._archive, part, most or self._most):
            done += len(piece)
            self._left -= len(piece)
            if self._left < 0:
                raise UnpacksTooLarge(self._most)
            self._log.progress("convert", min(done, part.file_size), part.file_size)
            yield piece


def _listed(path: Path) -> int:
    """Return the bytes of the archive's list of members as it announces them; 0 when it has no end.

    The library's own function looks for the end: with another one an archive might show two.
    """
    with path.open("rb") as file:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
        return end[_SIZE_OF_LIST] if end else 0
