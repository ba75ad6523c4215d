"""Named points of a run where a test may have something happen; in production a point is one look at a global.

``hook`` is None unless a test sets it, in its own process or in a program that it starts (``tests/faults/startup``).
Nothing in the package sets it, and no environment variable, setting or request is asked for one.
"""

from __future__ import annotations

from collections.abc import Callable

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
    *("recover.before", "restore.begin", "restore.cleaned", "restore.undoing", "restore.dropped", "restore.closing"),
    *("restore.undone", "recover.after", "withdraw.dropped", "withdraw.removed"),
)

#: What a test has happen at a point; it is called with the point and the resource that the process works on.
hook: Callable[[str, str | None], None] | None = None

_resource: str | None = None


def works_on(resource_id: str) -> None:
    """Name the resource that this process works on."""
    global _resource  # noqa: PLW0603 (a process carries out one run)
    _resource = resource_id


def reach(point: str) -> None:
    """Mark that the run has come to ``point``."""
    if hook is not None:
        hook(point, _resource)
