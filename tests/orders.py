"""The file that orders faults at checkpoints, from the side of a test."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STARTUP = Path(__file__).parent / "faults" / "startup"


@dataclass(frozen=True)
class Orders:
    """What every process obeys that is started with this environment, or has ``Faults`` of this file as its hook."""

    file: Path

    def environment(self) -> dict[str, str]:
        """Return what a program must be started with to obey these orders."""
        folders = [str(STARTUP), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"DATAPUSHER_PLUS_FAULTS": str(self.file), "PYTHONPATH": os.pathsep.join(folders)}

    def give(self, orders: Mapping[str, str]) -> None:
        """Order faults in place of all orders before; those that count begin anew."""
        for marker in self.file.parent.glob(f"{self.file.name}.*"):
            marker.unlink(missing_ok=True)
        new = self.file.with_name(f"{self.file.name}.new")
        new.write_text(json.dumps(orders))
        new.replace(self.file)

    def held(self, patience: float = 30) -> dict[str, Any]:
        """Wait until a process is held, and return who it is and where."""
        deadline = time.monotonic() + patience
        while (found := self._held()) is None:
            assert time.monotonic() < deadline, f"nobody is held after {patience} s"
            time.sleep(0.01)
        return found

    def _held(self) -> dict[str, Any] | None:
        try:
            found = json.loads(Path(f"{self.file}.held").read_text())
        except FileNotFoundError:
            return None
        # one who was just being held when orders changed may tell of it late
        return found if found["point"] in json.loads(self.file.read_text()) else None

    def release(self) -> None:
        """Take all orders back, and with them let go of whoever is held."""
        self.give({})
