"""How far a load is, over all its stages, and how long it will still take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: The stages of a load in order, each with a rough share of the time of a large CSV file. They serve for the first load
#: of a resource, and for short ones; otherwise the times of its own last load are used.
SHARES: Mapping[str, float] = {
    "fetch": 0.03,
    "convert": 0.03,
    "validate": 0.08,
    "analyse": 0.17,
    "plan": 0.01,
    "stash": 0.01,
    "stage": 0.01,
    "copy": 0.14,
    "fill": 0.34,
    "index": 0.14,
    "swap": 0.01,
    "commit": 0.01,
    "publish": 0.02,
}
#: Other ways to write the table, which take the places of stages.
_IN_PLACE_OF = {"append": "stage", "replace": "stage"}
#: Seconds that a load must have taken, for the times of its own stages to say more than ``SHARES``.
_LONG = 5.0
#: The least part of a load, and the least time in seconds, from which the rest can be estimated.
_LEAST_SHARE = 0.05
#: The most of a stage that is taken to be done only because time has passed.
_MOST_BY_TIME = 0.9
_LEAST_TIME = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stage of a run on its timeline; times in seconds after the run's start."""

    stage: str
    begun: float
    #: None while the stage goes on
    seconds: float | None


def timeline(steps: Iterable[Sequence[object]], total: float | None) -> tuple[Step, ...]:
    """Return the stages of a run with their durations.

    :param steps: stage, and seconds after the start of the run, in order.
    :param total: seconds that the run took; None while it goes on.
    """
    known = [(str(stage), float(str(begun))) for stage, begun in steps]
    ends = [*(begun for _, begun in known[1:]), total]
    return tuple(
        Step(stage=stage, begun=begun, seconds=None if end is None else max(0.0, end - begun))
        for (stage, begun), end in zip(known, ends, strict=False)
    )


def shares_of(last: Iterable[Step]) -> Mapping[str, float]:
    """Return what part of the time each stage takes: as in the resource's last load if that took long enough."""
    took: dict[str, float] = {}
    for step in last:
        stage = _IN_PLACE_OF.get(step.stage, step.stage)
        if stage in SHARES:
            took[stage] = took.get(stage, 0.0) + (step.seconds or 0.0)
    total = sum(took.values())
    if total < _LONG:
        return SHARES
    return {stage: took.get(stage, 0.0) / total for stage in SHARES}


def share_done(stage: str, done: int, total: int | None, shares: Mapping[str, float] = SHARES) -> float | None:
    """Return which part of the whole load is done, from 0 to 1; None for a stage of unknown place."""
    stage = _IN_PLACE_OF.get(stage, stage)
    if stage not in shares:
        return None
    order = list(shares)
    earlier = sum(shares[each] for each in order[: order.index(stage)])
    within = min(1.0, done / total) if total else 0.0
    return min(1.0, earlier + shares[stage] * within)


def share_by_time(
    stage: str, share: float | None, begun: float, passed: float, shares: Mapping[str, float] = SHARES
) -> float | None:
    """Return which part of the whole load is done in a stage that does not report its progress.

    It is taken to be as fast as all stages before it, so that a long one does not look as if nothing went on.

    :param share: the part that was done when the stage began.
    :param begun: seconds after the start of the run at which it began.
    :param passed: seconds since the start of the run.
    """
    of_stage = shares.get(_IN_PLACE_OF.get(stage, stage), 0.0)
    if not share or begun <= 0 or not of_stage:
        return share
    expected = of_stage * begun / share
    return share + of_stage * min(_MOST_BY_TIME, max(0.0, passed - begun) / expected)


def seconds_left(passed: float, share: float | None) -> float | None:
    """Return how long a load will still take if it goes on as until now; None if that cannot be known yet."""
    if share is None or share < _LEAST_SHARE or passed < _LEAST_TIME:
        return None
    return passed * (1 - share) / share


def rows_done(rows: int | None, stage: str, done: int, total: int | None) -> int | None:
    """Return about how many rows are copied, by the bytes that are; None in other stages."""
    if rows is None or not total or stage != "copy":
        return None
    return min(rows, rows * done // total)
