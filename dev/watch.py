"""Waiting for a load, with what it is at on the screen."""

import time
from typing import Any

from dev.console import DIM, GREEN, YELLOW, paint, replace_line, say
from dev.portal import Portal

ENDED = ("complete", "error")
WIDTH = 28
PATIENCE = 600


class NeverEnded(RuntimeError):
    """A load that is not over after a long time."""

    def __init__(self, resource_id: str, status: str) -> None:
        super().__init__(f"The load of {resource_id} is still {status} after {PATIENCE} s.")


def job_of(portal: Portal, resource_id: str) -> str:
    """The resource's newest job, so that the next one can be told from it."""
    status = portal.find("datapusher_status", resource_id=resource_id)
    return status["job_id"] if status else ""


def watch(portal: Portal, resource_id: str, label: str, before: str = "") -> dict[str, Any]:
    """Show progress until a job that is newer than `before` has ended, and return its status with its seconds."""
    start = time.monotonic()
    shown = ""
    while True:
        seconds = time.monotonic() - start
        status = portal.find("datapusher_status", resource_id=resource_id)
        fresh = status if status and status["job_id"] != before else {"status": "submitting"}
        if fresh["status"] in ENDED:
            break
        if seconds > PATIENCE:
            raise NeverEnded(resource_id, fresh["status"])
        stage = _stage(fresh)
        if stage != shown:
            shown = stage
            _note(label, stage, seconds)
        replace_line(f"  {label:<10} {_bar(fresh)} {stage:<12} {seconds:5.1f} s")
        time.sleep(0.15)
    replace_line("")
    mark = paint("✓", GREEN) if fresh["status"] == "complete" else paint("!", YELLOW)
    say(f"  {mark} {label:<10} {fresh['status']} after {seconds:.1f} s")
    return {**fresh, "seconds": seconds}


def messages(status: dict[str, Any]) -> list[str]:
    """What the run wrote into its log."""
    return [entry["message"] for entry in (status.get("task_info") or {}).get("logs") or []]


def _progress(status: dict[str, Any]) -> dict[str, Any]:
    return (status.get("task_info") or {}).get("progress") or {}


def _stage(status: dict[str, Any]) -> str:
    return _progress(status).get("stage") or status["status"]


def _bar(status: dict[str, Any]) -> str:
    done, total = _progress(status).get("done"), _progress(status).get("total")
    filled = min(WIDTH, int(WIDTH * done / total)) if done and total else 0
    return paint("█" * filled, GREEN) + paint("░" * (WIDTH - filled), DIM)


def _note(label: str, stage: str, seconds: float) -> None:
    import sys

    if not sys.stdout.isatty():
        say(f"    {label:<10} {stage:<12} {seconds:5.1f} s")
