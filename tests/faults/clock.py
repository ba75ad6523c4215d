"""The wall clock of a worker, which tests move."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """The seconds that a worker's clock is wrong by, in a file that its processes have mapped."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "offset"
        self._library = folder / "clock.so"
        self.jump(0)

    @staticmethod
    def can_be_moved() -> bool:
        """Tell whether there is a compiler for it."""
        return shutil.which("gcc") is not None

    def jump(self, seconds: int) -> None:
        """Let the clock be wrong by so much from now on."""
        # written in place: the processes look at this very file
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))

    def env(self) -> dict[str, str]:
        """Return the environment of a process with this clock."""
        command = ["gcc", "-O2", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE)]
        subprocess.run(command, check=True)
        return {"LD_PRELOAD": str(self._library), "CLOCK_OFFSET": str(self._file)}
