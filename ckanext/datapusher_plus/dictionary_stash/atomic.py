"""Small files that survive a crash of the machine: there whole, or as they were before.

Everything is done through open folders, so a link that somebody puts into the way is not followed, and what belongs to
another user is not believed: a Data Dictionary holds triggers, which are SQL.
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
    """The calls of ``os`` that are made here; a test puts a disk in their place that forgets what was not synced."""

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
# a pipe must not make its reader wait for ever
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_PIECE = 1 << 20


class NotOurs(PermissionError):
    """The file belongs to another user."""

    def __init__(self, owner: int) -> None:
        super().__init__(errno.EPERM, f"the file belongs to another user (id {owner})")


@contextmanager
def entered(root: Path, *inner: str, make: bool = False) -> Iterator[int]:
    """Open a folder for one block; ``root`` may be a link, what lies below it may not.

    :param make: make what is missing, so that a power cut does not forget it.
    :raises FileNotFoundError: when it is missing and not to be made.
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
    """Return what the folder holds, in no order."""
    return disk.listdir(folder)


def read(folder: int, name: str, *, most: int | None = None) -> bytes:
    """Return what a file holds.

    :param most: bytes that are read at most; a longer file is refused.
    :raises NotOurs: when somebody else may have written it.
    :raises ValueError: when it is no plain file, or too long.
    """
    with _opened(folder, name) as descriptor:
        size = disk.fstat(descriptor).st_size
        if most is not None and size > most:
            raise ValueError(f"it has {size:,} bytes")
        return b"".join(iter(lambda: disk.read(descriptor, _PIECE), b""))


def is_ours(folder: int, name: str) -> bool:
    """Tell whether a plain file of this name is there that nobody else can have written."""
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
    """Write a file under a name that nobody uses.

    :raises OSError: when that fails; there is no such file then.
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

    :raises OSError: when that fails; the older file is untouched then.
    """
    # in the same folder: a rename across file systems is not atomic
    temporary = f"{_beside(name)}{secrets.token_hex(8)}.tmp"
    with _removed_unless_whole(folder, temporary):
        _write(folder, temporary, content)
        disk.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    reach("stash.replaced")
    # without this a power cut may forget the rename
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
    """Remove files so that a power cut does not bring them back, and tell whether there were any."""
    removed = False
    for name in names:
        with suppress(FileNotFoundError):
            disk.unlink(name, dir_fd=folder)
            removed = True
    if removed:
        disk.fsync(folder)
    return removed


def remove_folder(folder: int, name: str) -> None:
    """Remove a folder inside another one, unless it holds something."""
    with suppress(OSError):
        disk.rmdir(name, dir_fd=folder)


def rename(folder: int, name: str, other: str) -> None:
    """Give a file another name."""
    disk.replace(name, other, src_dir_fd=folder, dst_dir_fd=folder)


def left_by_a_crash(folder: int, name: str) -> list[str]:
    """Return what interrupted writes left behind of the files whose names begin with ``name`` and a dot."""
    return [found for found in names(folder) if found.startswith(_beside(name)) and found.endswith(".tmp")]


def _beside(name: str) -> str:
    return f".{name}."
