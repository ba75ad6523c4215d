"""Simulated disk that keeps only synced data at a power cut.

After a power cut a file may have any part of what was written to it since its last sync, and a folder any selection of
its changes since then. Only a rename is atomic. The disk has the functions of ``os`` that ``dictionary_stash.atomic``
calls.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class PowerCut(BaseException):
    """The power was cut; no later call of the process has any effect."""


@dataclass(eq=False)
class File:
    """A file's bytes, as readers see them and as they are on the physical disk."""

    data: bytes = b""
    synced: bytes = b""

    def sync(self) -> None:
        self.synced = self.data

    def survivor(self, choose: Choose) -> File:
        """Return the file as it is after a power cut."""
        if self.data == self.synced:
            return File(self.data, self.data)
        half = self.data[: len(self.data) // 2]
        left = choose([self.synced, half, self.data, bytes(len(self.data))])
        return File(left, left)


@dataclass(eq=False)
class Folder:
    """A folder's entries, as readers see them, with the changes since the last sync."""

    entries: dict[str, Node] = field(default_factory=dict)
    synced: dict[str, Node] = field(default_factory=dict)
    changes: list[dict[str, Node | None]] = field(default_factory=list)

    def change(self, change: dict[str, Node | None]) -> None:
        self.changes.append(change)
        self.entries = _changed(self.entries, change)

    def sync(self) -> None:
        self.synced, self.changes = dict(self.entries), []

    def survivor(self, choose: Choose) -> Folder:
        """Return the folder as it is after a power cut."""
        entries = self.synced
        for change in self.changes:
            entries = _changed(entries, change) if choose([True, False]) else entries
        left: dict[str, Node] = {name: node.survivor(choose) for name, node in entries.items()}
        return Folder(left, dict(left))


Node = File | Folder
Choose = Callable[[Sequence[Any]], Any]


def _changed(entries: dict[str, Node], change: dict[str, Node | None]) -> dict[str, Node]:
    return {name: node for name, node in {**entries, **change}.items() if node is not None}


class ForgetfulDisk:
    """Implements ``atomic.Disk`` in memory; the power may be cut before any call that changes something."""

    def __init__(self, root: Folder | None = None) -> None:
        self.root = root or Folder()
        self.power_cut_at: int | None = None
        self.calls = 0
        self._open: dict[int, tuple[Node, bool]] = {}

    def after_power_cut(self, choose: Choose) -> ForgetfulDisk:
        """Return the disk as it is after a power cut; ``choose`` selects what survives."""
        return ForgetfulDisk(self.root.survivor(choose))

    def cut_power_after(self, calls: int) -> None:
        """Cut the power after ``calls`` more changing calls."""
        self.power_cut_at = self.calls + calls

    def _happens(self) -> None:
        self.calls += 1
        if self.power_cut_at is not None and self.calls > self.power_cut_at:
            raise PowerCut

    def _place(self, path: str | Path, dir_fd: int | None) -> tuple[Folder, str]:
        *above, name = Path(path).parts
        node: Node = self.root if dir_fd is None else self._open[dir_fd][0]
        for part in above:
            node = self.root if part == "/" else _inside(node, part)
        if not isinstance(node, Folder):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        return node, name

    def open(self, path: str | Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        """Open a file or folder, or create a file."""
        if str(path) == "/":
            return self._opened(self.root)
        folder, name = self._place(path, dir_fd)
        if flags & os.O_CREAT:
            self._happens()
            if name in folder.entries:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
            folder.change({name: File()})
        return self._opened(_inside(folder, name))

    def _opened(self, node: Node) -> int:
        descriptor = 1000 + len(self._open)
        self._open[descriptor] = (node, True)
        return descriptor

    def read(self, fd: int, length: int, /) -> bytes:
        """Return the whole file at the first call, and nothing later."""
        node, unread = self._open[fd]
        assert isinstance(node, File)
        self._open[fd] = (node, False)
        return node.data if unread else b""

    def write(self, fd: int, data: memoryview, /) -> int:
        """Write at most 500 of the bytes, because a disk may write fewer than given."""
        self._happens()
        node = self._open[fd][0]
        assert isinstance(node, File)
        taken = bytes(data[:500])
        node.data += taken
        return len(taken)

    def fsync(self, fd: int) -> None:
        """Make the present content survive a power cut."""
        self._happens()
        self._open[fd][0].sync()

    def close(self, fd: int) -> None:
        """Close the descriptor, which does not sync."""
        assert fd in self._open

    def fstat(self, fd: int) -> os.stat_result:
        """Return type, owner and size."""
        node = self._open[fd][0]
        size = len(node.data) if isinstance(node, File) else 0
        kind = stat.S_IFREG if isinstance(node, File) else stat.S_IFDIR
        return os.stat_result((kind | 0o600, 0, 0, 1, os.geteuid(), 0, size, 0, 0, 0))

    def mkdir(self, path: str | Path, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        """Create a folder."""
        folder, name = self._place(path, dir_fd)
        if name in folder.entries:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
        self._happens()
        folder.change({name: Folder()})

    def listdir(self, path: int, /) -> list[str]:
        """Return the names in an open folder."""
        node = self._open[path][0]
        assert isinstance(node, Folder)
        return list(node.entries)

    def unlink(self, path: str, *, dir_fd: int | None = None) -> None:
        """Remove a file."""
        self._happens()
        folder, name = self._place(path, dir_fd)
        _inside(folder, name)
        folder.change({name: None})

    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None:
        """Remove an empty folder."""
        folder, name = self._place(path, dir_fd)
        node = _inside(folder, name)
        if not isinstance(node, Folder) or node.entries:
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), name)
        self._happens()
        folder.change({name: None})

    def replace(self, src: str, dst: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        """Rename a file over another one, atomically."""
        self._happens()
        folder, name = self._place(src, src_dir_fd)
        target, other = self._place(dst, dst_dir_fd)
        assert folder is target
        folder.change({other: _inside(folder, name), name: None})


def _inside(node: Node, name: str) -> Node:
    if not isinstance(node, Folder):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
    if name not in node.entries:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return node.entries[name]
