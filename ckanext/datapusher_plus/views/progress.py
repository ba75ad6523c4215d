"""How far a load is, and the timeline of its steps, for display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ckan.plugins.toolkit import h, ungettext

from . import labels, times


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a run; ``percent`` of the whole load is None if it is not known."""

    stage: str
    percent: int | None
    amount: str
    #: sentence about the time that is left; empty if that is not known
    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step on the timeline; its bar begins at ``begins`` and is ``width`` wide, in percent of the run's time."""

    name: str
    took: str
    begins: float
    width: float


def describe(task: Mapping[str, Any]) -> Progress | None:
    """Return the progress of a run by the ``task_info`` of ``datapusher_status``."""
    progress, whole = task.get("progress"), task.get("whole") or {}
    if not progress:
        return None
    stage, done, total = progress.get("stage") or "", progress.get("done") or 0, progress.get("total")
    share = whole.get("share")
    # without a percentage the bar is animated; an empty bar would look stuck when a load has just begun
    percent = int(100 * share) if share else 0
    amounts = [labels.amount(stage, done, total)]
    if rows := whole.get("rows"):
        amounts.append(_rows_done(whole.get("rows_done"), rows))
    return Progress(
        stage=labels.stage(stage),
        percent=percent or None,
        amount=", ".join(filter(None, amounts)),
        left=times.left(whole.get("seconds_left")),
    )


def _rows_done(done: int | None, total: int) -> str:
    """Return how many of the file's rows are copied, or only how many there are."""
    shown = h.localised_number
    if done is None:
        return ungettext("{total} row", "{total} rows", total).format(total=shown(total))
    return ungettext("about {done} of {total} row", "about {done} of {total} rows", total).format(
        done=shown(done), total=shown(total)
    )


def timeline(steps: Sequence[Mapping[str, Any]]) -> tuple[ShownStep, ...]:
    """Return the steps of a run, each with its duration and its place on a bar."""
    ends = [step["begun"] + (step["seconds"] or 0) for step in steps]
    total = max(ends, default=0) or 1
    return tuple(
        ShownStep(
            name=labels.stage(step["stage"]),
            took=labels.duration(step["seconds"]) if step["seconds"] is not None else "…",
            begins=round(100 * step["begun"] / total, 2),
            width=round(100 * (end - step["begun"]) / total, 2),
        )
        for step, end in zip(steps, ends, strict=True)
    )
