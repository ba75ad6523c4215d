"""Named points of a run at which a test can make something happen; in production a point only reads a global.

``hook`` is None unless a test sets it, in its own process or in a program that it starts (``tests/faults/startup``).
Nothing in the package sets it, and no environment variable, setting or request can.
"""

from __future__ import annotations

from collections.abc import Callable

#: Every point, in the order in which a run may reach it; those of recovery are at the end. Only runs that end before
#: they are handed over to Prefect reach the first one.
POINTS: tuple[str, ...] = (
    "skip.claimed",
    *("claim.before", "claim.after"),
    *("fetch.before", "fetch.after", "convert.after", "validate.after", "analyse.after", "plan.after"),
    *("stash.before", "stash.written", "stash.synced", "stash.replaced", "journal.begun", "stash.saved"),
    *("lock.checked", "copy.created", "copy.block", "copy.sent", "stage.copied", "stage.made", "stage.stripped"),
    *("fill.piece", "fill.pieced", "stage.cast", "stage.counted", "stage.filled"),
    *("index.before", "index.built", "stage.indexed", "undo.stripped", "undo.indexed"),
    *("swap.before", "swap.locked", "swap.parked", "swap.renamed", "swap.journaled", "swap.after"),
    *("replace.deleted", "replace.cast", "replace.indexed", "replace.filled", "append.prepared"),
    *("commit.before", "append.locked", "append.added", "commit.dropped", "commit.after", "transaction.end"),
    *("publish.before", "publish.views", "publish.patch", "publish.notified"),
    *("settle.before", "settle.checked", "stash.clearing", "stash.cleared", "finish.before", "finish.after"),
    *("recover.before", "restore.begin", "restore.cleaned", "restore.undoing", "restore.dropped", "restore.closing"),
    *("restore.undone", "recover.after", "withdraw.dropped", "withdraw.removed"),
)

#: Called at each point with the point and the resource that the process works on; only tests set it.
hook: Callable[[str, str | None], None] | None = None

_resource: str | None = None


def works_on(resource_id: str) -> None:
    """Set the resource that this process works on, for ``hook``."""
    global _resource  # noqa: PLW0603 (a process carries out one run at a time)
    _resource = resource_id


def reach(point: str) -> None:
    """Mark that the run has reached ``point``, and call ``hook`` if it is set."""
    if hook is not None:
        hook(point, _resource)
