"""Folders on small file systems of their own, which tests fill to the brim."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Disk:
    """A folder that root mounts a tmpfs on; for anyone else it stays a plain one."""

    path: Path
    size: str

    def mount(self) -> None:
        """Make it a file system of its own, unless it is one."""
        if os.geteuid() == 0 and not self.path.is_mount():
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs", str(self.path)], check=True)

    def unmount(self) -> None:
        """Make it a plain folder again; what was in it is lost."""
        if self.path.is_mount():
            subprocess.run(["umount", "-l", str(self.path)], check=True)

    def give_to(self, user: str) -> None:
        """Have the folder belong to somebody."""
        shutil.chown(self.path, user)

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free."""
        filler = self.path / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 12))
        try:
            yield
        finally:
            os.unlink(filler)
