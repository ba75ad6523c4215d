"""Folders on small separate file systems that tests fill completely."""

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
    """A folder with a tmpfs of its own if the tests run as root; otherwise a plain folder."""

    path: Path
    size: str

    def mount(self) -> None:
        """Mount the tmpfs, unless it is mounted."""
        if os.geteuid() == 0 and not self.path.is_mount():
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs", str(self.path)], check=True)

    def unmount(self) -> None:
        """Unmount the tmpfs; its content is lost."""
        if self.path.is_mount():
            subprocess.run(["umount", "-l", str(self.path)], check=True)

    def give_to(self, user: str) -> None:
        """Change the folder's owner."""
        shutil.chown(self.path, user)

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Fill the disk completely during the block."""
        filler = self.path / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 12))
        try:
            yield
        finally:
            os.unlink(filler)
