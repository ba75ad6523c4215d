"""Write small files so that they survive a crash of the machine: complete, or as they were before.

All calls are relative to open folders, so links that others create in the path are not followed. Files of other users
are not trusted: a Data Dictionary holds triggers, which are SQL.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from ..checkpoint import reach


class Disk(Protocol):
    """The calls of ``os`` that are made here; tests replace them by a disk that forgets what was not synced."""

    def open(self, path: str | Path, flags: int, mode: int = ..., *, dir_fd: int | None = ...) -> int: ...
    def read(self, fd: int, length: int, /) -> bytes: ...
    def write(self, fd: int, data: memoryview, /) -> int: ...
    def fsync(self, fd: int) -> None: ...
    def close(self, fd: int) -> None: ...
    def fstat(self, fd: int) -> os.stat_result: ...
    def mkdir(self, path: str | Path, mode: int = ..., *, dir_fd: int | None = ...) -> None: ...
    def listdir(self, path: int, /) -> list[str]: ...
    def unlink(self, path: str, *, dir_fd: int | None = ...) -> None: ...
    def rmdir(self, path: str, *, dir_fd: int | None = ...) -> None: ...
    def replace(self, src: str, dst: str, *, src_dir_fd: int | None = ..., dst_dir_fd: int | None = ...) -> None: ...


disk: Disk = os

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# opening a FIFO must not block its reader for ever
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_PIECE = 1 << 20


class NotOurs(PermissionError):
    """The file belongs to another user."""

    def __init__(self, owner: int) -> None:
        super().__init__(errno.EPERM, f"the file belongs to another user (id {owner})")


@contextmanager
def entered(root: Path, *inner: str, make: bool = False) -> Iterator[int]:
    """Open a folder for one block; ``root`` may be a symbolic link, the folders below it may not.

    :param make: create missing folders, and sync them so that a power failure does not lose them.
    :raises FileNotFoundError: when a folder is missing and ``make`` is false.
    """
    if make:
        _make(root)
    folder = disk.open(root, _FOLDER)
    try:
        for name in inner:
            if make:
                _make_in(folder, name)
            outer, folder = folder, disk.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            disk.close(outer)
        yield folder
    finally:
        disk.close(folder)


def _make(folder: Path, mode: int = 0o700) -> None:
    try:
        disk.mkdir(folder, mode)
    except FileExistsError:
        return
    except FileNotFoundError:
        _make(folder.parent, 0o777)
        with suppress(FileExistsError):
            disk.mkdir(folder, mode)
    with entered(folder.parent) as parent:
        disk.fsync(parent)


def _make_in(folder: int, name: str) -> None:
    with suppress(FileExistsError):
        disk.mkdir(name, 0o700, dir_fd=folder)
        disk.fsync(folder)


def names(folder: int) -> list[str]:
    """Return the names in the folder, in no particular order."""
    return disk.listdir(folder)


def read(folder: int, name: str, *, most: int | None = None) -> bytes:
    """Return the content of a file.

    :param most: largest size in bytes; a longer file is refused.
    :raises NotOurs: when another user may have written it.
    :raises ValueError: when it is not a regular file, or too long.
    """
    with _opened(folder, name) as descriptor:
        size = disk.fstat(descriptor).st_size
        if most is not None and size > most:
            raise ValueError(f"it has {size:,} bytes")
        return b"".join(iter(lambda: disk.read(descriptor, _PIECE), b""))


def is_ours(folder: int, name: str) -> bool:
    """Return whether there is a regular file of this name that no other user can have written."""
    try:
        with _opened(folder, name):
            return True
    except (OSError, ValueError):
        return False


@contextmanager
def _opened(folder: int, name: str) -> Iterator[int]:
    try:
        descriptor = disk.open(name, _READ, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ValueError("it is a link") from error
        raise
    try:
        found = disk.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no plain file")
        if found.st_uid not in (os.geteuid(), 0):
            raise NotOurs(found.st_uid)
        yield descriptor
    finally:
        disk.close(descriptor)


def create(folder: int, name: str, content: bytes) -> None:
    """Write a file under a name that is not in use.

    :raises OSError: when that fails; no file of that name is left then.
    """
    with _removed_unless_whole(folder, name):
        _write(folder, name, content)
    disk.fsync(folder)


@contextmanager
def _removed_unless_whole(folder: int, name: str) -> Iterator[None]:
    whole = False
    try:
        yield
        whole = True
    finally:
        if not whole:
            with suppress(OSError):
                disk.unlink(name, dir_fd=folder)


def replace(folder: int, name: str, content: bytes) -> None:
    """Write a file in place of an older one of that name.

    :raises OSError: when that fails; the older file is unchanged then.
    """
    # in the same folder: a rename across file systems is not atomic
    temporary = f"{_beside(name)}{secrets.token_hex(8)}.tmp"
    with _removed_unless_whole(folder, temporary):
        _write(folder, temporary, content)
        disk.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    reach("stash.replaced")
    # without this the rename may be lost in a power failure
    disk.fsync(folder)


def _write(folder: int, name: str, content: bytes) -> None:
    descriptor = disk.open(name, _NEW, 0o600, dir_fd=folder)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[disk.write(descriptor, rest) :]
        reach("stash.written")
        disk.fsync(descriptor)
    finally:
        disk.close(descriptor)
    reach("stash.synced")


def remove(folder: int, *names: str) -> bool:
    """Remove files so that a power failure does not bring them back, and return whether there were any."""
    removed = False
    for name in names:
        with suppress(FileNotFoundError):
            disk.unlink(name, dir_fd=folder)
            removed = True
    if removed:
        disk.fsync(folder)
    return removed


def remove_folder(folder: int, name: str) -> None:
    """Remove a folder inside another one, if it is empty."""
    with suppress(OSError):
        disk.rmdir(name, dir_fd=folder)


def rename(folder: int, name: str, other: str) -> None:
    """Rename a file."""
    disk.replace(name, other, src_dir_fd=folder, dst_dir_fd=folder)


def left_by_a_crash(folder: int, name: str) -> list[str]:
    """Return the temporary files that interrupted writes left, of files whose names begin with ``name`` and a dot."""
    return [found for found in names(folder) if found.startswith(_beside(name)) and found.endswith(".tmp")]


def _beside(name: str) -> str:
    return f".{name}."
