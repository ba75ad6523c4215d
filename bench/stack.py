"""The running stack that is measured, and a quiet way to wait for it."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from dev.portal import Portal
from dev.stack import Stack

ENDED = {"complete", "error"}


class RunFailed(RuntimeError):
    """A load that a benchmark measures did not end well."""


def stack_file() -> dict[str, str]:
    """Return what ``make up`` wrote about the stack that is up."""
    return json.loads(Stack.chosen().summary.read_text(encoding="utf-8"))


def new_dataset(portal: Portal) -> str:
    """Make an organization with one dataset and return the dataset's id."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    portal.act("organization_create", name=name)
    return portal.act("package_create", name=name, owner_org=name)["id"]


def wait(portal: Portal, resource_id: str, before: str = "", patience: float = 900) -> dict[str, Any]:
    """Wait until a run newer than ``before`` has ended and return its status.

    :raises RunFailed: when it ended badly, or not within ``patience`` seconds.
    """
    until = time.monotonic() + patience
    while True:
        status = portal.find("datapusher_status", resource_id=resource_id) or {"status": "unknown", "job_id": before}
        if status["job_id"] != before and status["status"] in ENDED:
            break
        if time.monotonic() > until:
            raise RunFailed(f"{resource_id} is still {status['status']} after {patience:.0f} s")
        time.sleep(0.05)
    if status["status"] != "complete":
        raise RunFailed(f"{resource_id} ended in an error: {status['error']}")
    return status
