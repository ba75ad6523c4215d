"""Read untrusted ZIP archives: the list of members only when it is small, each member only up to a limit."""

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
from ..core.message import say
from ..core.values import Log

#: members of an archive, and bytes of its central directory; Python needs ten times as much memory for it
MOST_MEMBERS = 50_000
MOST_LISTED = 4 << 20
PIECE_BYTES = 1 << 18
#: bytes of a part that describes the document as a whole
MOST_ABOUT = 16 << 20
#: index of the central directory's size in what ``zipfile._EndRecData`` returns
_SIZE_OF_LIST = 5
_ENCRYPTED = 0x1


def is_zip(head: bytes) -> bool:
    """Return whether the first bytes are those of a ZIP archive, or of an empty one (the second signature)."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def members(path: Path) -> frozenset[str]:
    """Return the names of an archive's members in lower case, with forward slashes.

    :raises Damaged: when the archive cannot be read.
    """
    with opened(path) as archive:
        return frozenset(simple(info.filename) for info in archive.infolist())


def simple(name: str) -> str:
    """Return a member's name in the form used for comparison: some programs write backslashes, some capitals."""
    return name.replace("\\", "/").lstrip("/").lower()


@contextmanager
def opened(path: Path) -> Iterator[ZipFile]:
    """Open an archive.

    :raises Damaged: when it cannot be read, on opening or while it is open.
    :raises TooManyMembers: when it has more than ``MOST_MEMBERS`` members, or a larger list than ``MOST_LISTED``.
    :raises NotText: when a compression method is used that is not supported here.
    """
    try:
        if _listed(path) > MOST_LISTED:
            raise TooManyMembers(MOST_MEMBERS, MOST_LISTED)
        with ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_MEMBERS:
                raise TooManyMembers(MOST_MEMBERS, MOST_LISTED)
            yield archive
    except (BadZipFile, LargeZipFile, EOFError, zlib.error, struct.error, ValueError, OverflowError) as error:
        raise Damaged(say("ZIP archive"), say("its end or a part of it is missing or wrong")) from error
    except NotImplementedError as error:
        raise NotText(say("a ZIP archive packed in a way that cannot be unpacked here")) from error


def pieces(archive: ZipFile, member: ZipInfo, limit: int) -> Iterator[bytes]:
    """Yield a member's unpacked bytes, piece by piece.

    :raises Locked: when the member is encrypted.
    :raises Damaged: when its offset is before the beginning of the archive.
    :raises UnpacksTooLarge: as soon as it unpacks to more than ``limit`` bytes.
    """
    if member.header_offset < 0:
        raise Damaged(say("ZIP archive"), say("its list of files does not fit what is in it"))
    if member.flag_bits & _ENCRYPTED:
        raise Locked(say("archive"))
    if member.file_size > limit:
        raise UnpacksTooLarge(limit)
    with archive.open(member) as file:
        yield from limited(file, limit)


def limited(file: BinaryIO | object, limit: int) -> Iterator[bytes]:
    """Yield a stream piece by piece.

    :raises UnpacksTooLarge: as soon as it has more than ``limit`` bytes.
    """
    size = 0
    while piece := file.read(PIECE_BYTES):  # type: ignore[attr-defined]
        size += len(piece)
        if size > limit:
            raise UnpacksTooLarge(limit)
        yield piece


class Package:
    """A document that is a ZIP archive of parts, such as a workbook."""

    def __init__(self, archive: ZipFile, what: str, most: int, log: Log) -> None:
        """Take an archive, called ``what`` in messages; each part may unpack to at most ``most`` bytes.

        Parts are read up to four times: to choose a sheet, and for its columns and its rows. All reads together may
        therefore take ``4 * most`` bytes; more is an attack.
        """
        self._archive, self.what, self._most, self._log = archive, what, most, log
        self._left = 4 * most
        self._by_name = {simple(info.filename): info for info in archive.infolist()}

    def has(self, name: str) -> bool:
        """Return whether the document has this part."""
        return simple(name) in self._by_name

    def pieces(self, name: str, most: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of a part, piece by piece.

        :raises Damaged: when the part is missing.
        :raises UnpacksTooLarge: when the part, or all reads together, have too many bytes.
        """
        part = self._by_name.get(simple(name))
        if part is None:
            raise Damaged(self.what, say("its part {name} is missing", name=name))
        done = 0
        for piece in pieces(self._archive, part, most or self._most):
            done += len(piece)
            self._left -= len(piece)
            if self._left < 0:
                raise UnpacksTooLarge(self._most)
            self._log.progress("convert", min(done, part.file_size), part.file_size)
            yield piece


def _listed(path: Path) -> int:
    """Return the size of the archive's central directory as it declares it, in bytes; 0 when it has no end record.

    The end record is found by the private function that ``ZipFile`` uses itself: with another search, a crafted
    archive might show two different end records.
    """
    with path.open("rb") as file:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
        return end[_SIZE_OF_LIST] if end else 0
