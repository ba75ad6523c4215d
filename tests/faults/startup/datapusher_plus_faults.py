"""Faults at checkpoints, which a test orders in a process of the plugin.

The orders are in a JSON file that maps a point to an order. The file is read at each point, so a test can add and
remove orders while a worker runs. An order is one of

- ``raise``: raise ``OrderedFault``; ``raise:MODULE:NAME``: that exception; ``raise:ENOSPC``: an ``OSError``
- ``sigterm``, ``sigkill``: send the signal to this process
- ``sleep:SECONDS``
- ``hold``: write ``FILE.held``, which names the process and the point, and wait until the order is removed or replaced;
  a new order is carried out then

Each order is carried out every time, or, if it ends in ``*N``, the first N times over all processes. The file must be
replaced in one step. If a resource has its own file, ``FILE.RESOURCE_ID``, its runs use only that.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from ckanext.datapusher_plus.checkpoint import POINTS

#: Seconds between two looks at the orders while a process is held.
_LOOK = 0.02
_SIGNALS = {"sigterm": signal.SIGTERM, "sigkill": signal.SIGKILL}


class OrderedFault(RuntimeError):
    """A test ordered this run to fail here."""


@dataclass(frozen=True)
class Faults:
    """A hook for checkpoints that carries out the orders in a file."""

    shared: Path

    def __call__(self, point: str, resource_id: str | None) -> None:
        """Carry out the order for a point.

        :raises OrderedFault: or another exception, as ordered.
        """
        own = self.shared.with_name(f"{self.shared.name}.{resource_id}")
        _obey(point, resource_id, own if own.exists() else self.shared)


def _obey(point: str, resource_id: str | None, faults: Path) -> None:
    order, _, times = _orders(faults).get(point, "").partition("*")
    if not order or (times and not _counted(point, faults, int(times))):
        return
    if order == "hold":
        _hold(point, resource_id, faults)
        _obey(point, resource_id, faults)
        return
    kind, _, detail = order.partition(":")
    if kind == "raise":
        raise _exception(point, detail)
    if kind == "sleep":
        time.sleep(float(detail))
    else:
        os.kill(os.getpid(), _SIGNALS[kind])


def _orders(faults: Path) -> dict[str, str]:
    try:
        orders: dict[str, str] = json.loads(faults.read_text())
    except FileNotFoundError:
        return {}
    if unknown := orders.keys() - set(POINTS):
        raise LookupError(f"there is no point {', '.join(unknown)}")
    return orders


def _counted(point: str, faults: Path, times: int) -> bool:
    """Return whether one of ``times`` turns was free; the file system gives each turn to one process only."""
    for turn in range(1, times + 1):
        try:
            faults.with_name(f"{faults.name}.{point}.{turn}").touch(exist_ok=False)
        except FileExistsError:
            continue
        return True
    return False


def _exception(point: str, detail: str) -> BaseException:
    text = f"ordered at {point}"
    if not detail:
        return OrderedFault(text)
    module, named, name = detail.partition(":")
    if not named:
        number = getattr(errno, detail)
        return OSError(number, os.strerror(number))
    return getattr(importlib.import_module(module), name)(text)


def _hold(point: str, resource_id: str | None, faults: Path) -> None:
    held = faults.with_name(f"{faults.name}.held")
    here = {"point": point, "pid": os.getpid(), "resource_id": resource_id}
    temporary = held.with_name(f"{held.name}.{secrets.token_hex(4)}")
    temporary.write_text(json.dumps(here))
    temporary.replace(held)
    while _orders(faults).get(point, "").startswith("hold"):
        time.sleep(_LOOK)
