"""A wall clock for a worker that tests can move."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """The offset of a worker's clock in seconds, in a file that its processes have mapped into memory."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "offset"
        self._library = folder / "clock.so"
        self.jump(0)

    @staticmethod
    def can_be_moved() -> bool:
        """Return whether this machine has the compiler for the library."""
        return shutil.which("gcc") is not None

    def jump(self, seconds: int) -> None:
        """Set the clock's offset to ``seconds``."""
        # written in place, because the processes have mapped this file
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))

    def env(self) -> dict[str, str]:
        """Compile the library, and return the environment variables for a process with this clock."""
        command = ["gcc", "-O2", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE)]
        subprocess.run(command, check=True)
        return {"LD_PRELOAD": str(self._library), "CLOCK_OFFSET": str(self._file)}
