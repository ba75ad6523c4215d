"""Orders of faults at checkpoints, which a test writes to a file."""

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
    """The orders file; processes with this environment, or with ``Faults`` of this file as their hook, obey it."""

    file: Path

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which a program obeys these orders."""
        folders = [str(STARTUP), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"DATAPUSHER_PLUS_FAULTS": str(self.file), "PYTHONPATH": os.pathsep.join(folders)}

    def give(self, orders: Mapping[str, str]) -> None:
        """Replace all orders, and reset the counters of orders."""
        for marker in self.file.parent.glob(f"{self.file.name}.*"):
            marker.unlink(missing_ok=True)
        new = self.file.with_name(f"{self.file.name}.new")
        new.write_text(json.dumps(orders))
        new.replace(self.file)

    def held(self, patience: float = 30) -> dict[str, Any]:
        """Wait until a process is held at a checkpoint, and return what it has written about itself."""
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
        # a process that was held just when orders changed may write its file late
        return found if found["point"] in json.loads(self.file.read_text()) else None

    def release(self) -> None:
        """Take back all orders, so that held processes continue."""
        self.give({})
