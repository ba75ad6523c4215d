"""Named points of a run where a test may order a fault; in production a point is one test of a global.

A test arms them by naming a JSON file in the environment variable ``DATAPUSHER_PLUS_FAULTS``; the file maps a
point's name to ``raise``, ``sigterm``, ``sigkill`` or ``sleep:SECONDS``. The file is read at each point, so a fault
can be changed while a worker runs.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

_FILE = os.environ.get("DATAPUSHER_PLUS_FAULTS")


class OrderedFault(RuntimeError):
    """A test ordered this run to fail here."""


def reach(point: str) -> None:
    """Mark that the run has come to ``point``.

    :raises OrderedFault: when a test ordered ``raise`` there.
    """
    if _FILE is None:
        return
    _obey(point, Path(_FILE))


def _obey(point: str, faults: Path) -> None:
    try:
        order = json.loads(faults.read_text()).get(point)
    except FileNotFoundError:
        return
    if order == "raise":
        raise OrderedFault(f"ordered at {point}")
    if order in ("sigterm", "sigkill"):
        os.kill(os.getpid(), signal.SIGTERM if order == "sigterm" else signal.SIGKILL)
    elif order and order.startswith("sleep:"):
        time.sleep(float(order.removeprefix("sleep:")))
