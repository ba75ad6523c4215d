"""Named points of a run where a test may order a fault; in production a point is one test of a global.

The environment variable ``DATAPUSHER_PLUS_FAULTS`` names a JSON file that maps a point to an order. It is read at each
point, so orders can be given and taken back while a worker runs. An order is one of

- ``raise``: an ``OrderedFault``; ``raise:MODULE:NAME``: that exception; ``raise:ENOSPC``: ``OSError`` with that number
- ``sigterm``, ``sigkill``: to the own process
- ``sleep:SECONDS``
- ``hold``: write ``FILE.held``, which says who stays where, until the order is taken out of the file, or another one
  takes its place, which is obeyed then

and is obeyed each time, or, when it ends in ``*N``, the first N times in all processes together. Whoever writes the
file replaces it in one go. A run whose resource has a file of its own, ``FILE.RESOURCE_ID``, obeys that one alone.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import secrets
import signal
import time
from pathlib import Path

#: Every point, in the order in which a run may come to it; the way back has its own at the end. The first is one of
#: those runs only that end before they are handed over.
POINTS: tuple[str, ...] = (
    "skip.claimed",
    *("claim.before", "claim.after"),
    *("fetch.before", "fetch.after", "convert.after", "validate.after", "analyse.after", "plan.after"),
    *("stash.before", "stash.written", "stash.synced", "stash.replaced", "journal.begun", "stash.saved"),
    *("lock.checked", "copy.created", "copy.block", "copy.sent", "stage.copied", "stage.made", "stage.stripped"),
    *("fill.piece", "fill.pieced", "stage.cast", "stage.counted", "stage.filled"),
    *("index.before", "index.built", "stage.indexed"),
    *("swap.before", "swap.locked", "swap.parked", "swap.renamed", "swap.journaled", "swap.after"),
    *("replace.deleted", "replace.cast", "replace.indexed", "replace.filled", "append.prepared"),
    *("commit.before", "append.locked", "append.added", "commit.dropped", "commit.after", "transaction.end"),
    *("publish.before", "publish.views", "publish.patch", "publish.told"),
    *("settle.before", "settle.checked", "stash.clearing", "stash.cleared", "finish.before", "finish.after"),
    *("bury.before", "restore.begin", "restore.cleaned", "restore.undoing", "restore.dropped", "restore.closing"),
    *("restore.undone", "bury.after", "withdraw.dropped", "withdraw.removed"),
)

_FILE = os.environ.get("DATAPUSHER_PLUS_FAULTS")
#: Seconds between two looks at the orders while a process is held.
_LOOK = 0.02
_SIGNALS = {"sigterm": signal.SIGTERM, "sigkill": signal.SIGKILL}

#: The resource that this process works on, for whoever holds it somewhere.
_resource: str | None = None


class OrderedFault(RuntimeError):
    """A test ordered this run to fail here."""


def works_on(resource_id: str) -> None:
    """Have this process obey the orders of the resource that it works on, if there are any."""
    global _resource  # noqa: PLW0603 (a process carries out one run)
    _resource = resource_id


def reach(point: str) -> None:
    """Mark that the run has come to ``point``.

    :raises OrderedFault: or another exception, as a test ordered it.
    """
    if _FILE is None:
        return
    _obey(point, _file(Path(_FILE)))


def _file(shared: Path) -> Path:
    own = shared.with_name(f"{shared.name}.{_resource}")
    return own if own.exists() else shared


def _obey(point: str, faults: Path) -> None:
    order, _, times = _orders(faults).get(point, "").partition("*")
    if not order or (times and not _counted(point, faults, int(times))):
        return
    if order == "hold":
        _hold(point, faults)
        _obey(point, faults)
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
    """Take one of so many turns; of many processes that try, the file system lets one."""
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


def _hold(point: str, faults: Path) -> None:
    held = faults.with_name(f"{faults.name}.held")
    here = {"point": point, "pid": os.getpid(), "resource_id": _resource}
    temporary = held.with_name(f"{held.name}.{secrets.token_hex(4)}")
    temporary.write_text(json.dumps(here))
    temporary.replace(held)
    while _orders(faults).get(point, "").startswith("hold"):
        time.sleep(_LOOK)
