"""Wait for a load, and show its progress in the terminal."""

import time
from typing import Any

from dev.console import DIM, GREEN, YELLOW, paint, replace_line, say
from dev.portal import Portal

ENDED = ("complete", "error")
WIDTH = 28
PATIENCE = 600


class NeverEnded(RuntimeError):
    """A load did not end within ``PATIENCE`` seconds."""

    def __init__(self, resource_id: str, status: str) -> None:
        super().__init__(f"The load of {resource_id} is still {status} after {PATIENCE} s.")


def job_of(portal: Portal, resource_id: str) -> str:
    """Return the id of the resource's newest job, to distinguish the next one from it; empty without a job."""
    status = portal.find("datapusher_status", resource_id=resource_id)
    return status["job_id"] if status else ""


def watch(portal: Portal, resource_id: str, label: str, before: str = "") -> dict[str, Any]:
    """Show progress until a job other than `before` has ended.

    :returns: the status of `datapusher_status`, with the duration as ``seconds``.
    :raises NeverEnded: when the job has not ended after ``PATIENCE`` seconds.
    """
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
    """Return the messages of the run's log."""
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
