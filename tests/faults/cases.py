"""The cases: which faults are tested at which checkpoints in which situations."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import cycle, islice

from ckanext.datapusher_plus.checkpoint import POINTS
from tests.faults.clock import Clock
from tests.faults.kinds import KINDS, Kind
from tests.faults.site import Setup

#: Points that a load with `replace`, or an append, reaches instead of some others.
IN_REPLACE = tuple(point for point in POINTS if point.startswith("replace."))
IN_APPEND = tuple(point for point in POINTS if point.startswith("append."))
#: Points that only an undo reaches.
ONLY_IN_UNDO = tuple(point for point in POINTS if point.startswith("undo."))
#: Points of the sweep that ends a dead run, and of the restore of the old table.
RECOVERY = ("recover.before", "recover.after")
WAY_BACK = tuple(point for point in POINTS if point.startswith("restore."))
#: Points of the removal of a deleted resource's table; tests/integration tests deaths there.
WITHDRAWAL = tuple(point for point in POINTS if point.startswith("withdraw."))
_ELSEWHERE = ("skip.claimed", *ONLY_IN_UNDO, *IN_REPLACE, *IN_APPEND, *RECOVERY, *WAY_BACK, *WITHDRAWAL)
#: Points of a load with `swap`.
RELOAD = tuple(point for point in POINTS if point not in _ELSEWHERE)
#: Points after the commit: a fault can no longer undo the load.
COMMITTED = RELOAD[RELOAD.index("commit.after") :]
#: Points at which readers see the new table, but the load may still be undone.
UNSAFE = RELOAD[RELOAD.index("swap.after") : RELOAD.index("commit.after")]


@dataclass(frozen=True)
class Case:
    """One fault at one point in one situation."""

    kind: str
    point: str
    situation: str = "reload"

    @property
    def id(self) -> str:
        """Return the name of the case."""
        return f"{self.kind}-at-{self.point}.{self.situation}"

    @property
    def fault(self) -> Kind:
        """Return the kind of fault."""
        return KINDS[self.kind]

    @property
    def setup(self) -> Setup:
        """Return the setup of the case's workers."""
        setup = self.fault.setup
        if self.situation == "replace":
            return replace(setup, strategy="replace")
        if self.situation == "plain-steps":
            return replace(setup, tasks="large")
        return replace(setup, workers=2) if self.situation == "two-workers" else setup

    @property
    def group(self) -> tuple[object, ...]:
        """Return the key that cases must share to be tested in one batch."""
        # the worker recovers one run after another, and would obey the orders of only the last
        alone = self.id if self.point in RECOVERY else ""
        shared = self.kind if self.fault.shared else ""
        return (self.setup, shared, alone)

    @property
    def before(self) -> dict[str, str]:
        """Return the orders that make a run die or fail first, so that it reaches a point of recovery or retry."""
        if self.point in RECOVERY:
            return {"swap.after": "sigkill*1"}
        if self.deaths and self.point in COMMITTED:
            return {"swap.before": f"sigkill*{self.deaths}"}
        return {"swap.after": "raise*1"} if self.point in WAY_BACK else {}

    @property
    def forgets(self) -> bool:
        """Return whether a client removes the table before the load has stashed its Data Dictionary."""
        early = RELOAD[: RELOAD.index("stash.replaced")]
        return self.situation in ("table-deleted", *GONE) and self.point in early

    @property
    def deaths(self) -> int:
        """Return how many runs die before the one that gets the fault."""
        return {"retry": 1, "retry-of-retry": 2}.get(self.situation, 0)

    @property
    def expected(self) -> frozenset[str]:
        """Return the allowed states of the table at the end: new, old, empty, none."""
        return frozenset(_expected(self))


GONE = ("resource-deleted", "resource-left-out", "dataset-deleted", "dataset-purged")


def _expected(case: Case) -> tuple[str, ...]:
    if case.situation in GONE:
        return ("none",)
    if case.situation == "table-deleted":
        # before the commit the client deletes the new table; if the load is then undone, the old one is restored
        return ("none", "new", "old") if case.point in UNSAFE else ("none", "new")
    if _must_load(case):
        return ("new",)
    if case.point == "claim.after" and case.kind == "raise":
        # no code handles errors yet, so the process dies of the exception, and the run is retried
        return ("new",)
    return ("new", _undone(case)) if case.fault.harmless or case.fault.passes else (_undone(case),)


def _must_load(case: Case) -> bool:
    """Return whether the newest file must be in place at the end."""
    # a run that was not claimed is handed over again
    unclaimed = case.point == "claim.before" and case.kind != "cancelled"
    told = case.situation == "upload" or case.point in (*COMMITTED, *RECOVERY)
    # after the third death of a run there is no automatic retry
    tried = case.fault.passes and (case.fault.harmless or case.deaths < 2)
    return unclaimed or told or (tried and case.point not in WAY_BACK)


def _undone(case: Case) -> str:
    """Return the state of the table when nothing was loaded."""
    before_exchange = RELOAD[: RELOAD.index("stage.copied") + 1]
    if case.situation == "replace" and case.point not in before_exchange:
        return "empty"
    return "none" if case.situation == "first" else "old"


SITUATIONS = (
    *("first", "reload", "plain-steps", "renamed", "added", "removed", "retyped", "replace", "retry", "retry-of-retry"),
    *("two-workers", "upload", "edit", "table-deleted", *GONE, "ckan-restarted"),
)
#: Kinds that affect the process, its connections, its worker or its database; they are tested at every point.
PROCESS_KINDS = ("raise", "sigterm", "sigkill", "terminate-work", "sigkill-worker", "postgres-crash")

#: Points distributed over a load.
SPOTS = (
    *("fetch.after", "stage.filled", "swap.journaled", "stash.replaced", "swap.after", "copy.sent", "publish.patch"),
    *("swap.parked", "commit.dropped", "stash.clearing", "stage.made", "finish.before", "lock.checked", "commit.after"),
)
_WRITING = ("stash.saved", "stage.filled", "swap.journaled", "stage.made", "swap.after", "commit.before")
_TELLING = ("publish.patch", "publish.views", "publish.before", "publish.notified")
#: Points of the kinds that have an effect only at certain points.
SPOTS_OF: dict[str, tuple[str, ...]] = {
    "validation-error": _TELLING,
    "forbidden": _TELLING,
    "action-timeout": _TELLING,
    "solr-down": ("publish.before", "stage.filled", "publish.patch", "swap.after", "publish.views"),
    "run-timeout": ("fetch.after", *_WRITING),
    "cancelled": ("fetch.after", *_WRITING),
    "terminate-lock": ("fetch.after", *_WRITING, "commit.dropped"),
    "full-work-disk": ("fetch.before", "claim.after", "fetch.after"),
    "full-stash-disk": ("plan.after", "stash.before", "swap.after", "commit.after", "settle.before"),
    "full-table-disk": ("lock.checked", "copy.created", "stage.made", "stage.stripped", "index.before", "swap.before"),
}
#: The points of `replace` that correspond to points that only `swap` has.
_REPLACED: dict[str, str] = {
    **{"stage.filled": "replace.filled", "swap.journaled": "replace.deleted", "swap.after": "replace.cast"},
    **{"swap.parked": "replace.indexed", "stage.stripped": "replace.deleted", "index.before": "replace.cast"},
    "swap.before": "replace.deleted",
}
#: Points that a load without an old table does not reach.
_NOT_AT_FIRST = ("stash.before", "stash.written", "stash.synced", "stash.replaced", "stash.clearing", "stash.cleared")


#: Points of an undo, which reads no file and fills no table.
IN_UNDO = (
    *("stash.replaced", "lock.checked", "undo.stripped", "undo.indexed", "swap.before", "swap.parked", "swap.after"),
    *("commit.before", "commit.dropped", "commit.after", "publish.patch", "finish.before"),
)


def all_cases() -> list[Case]:
    """Return all cases, in an order that needs the fewest restarts of workers."""
    cases = [Case(kind, point) for kind in PROCESS_KINDS for point in RELOAD]
    cases += [Case(kind, point) for kind in PROCESS_KINDS for point in WAY_BACK]
    cases += [Case(kind, point) for kind in ("raise", "sigkill") for point in RECOVERY]
    cases += [Case(kind, point, "undo") for kind in PROCESS_KINDS for point in IN_UNDO]
    cases += [Case(kind, point, "plain-steps") for kind in ("raise", "sigkill") for point in (*RELOAD, *WAY_BACK)]
    for number, kind in enumerate(KINDS):
        for place, situation in enumerate(SITUATIONS):
            cases += [Case(kind, point, situation) for point in _spots(kind, situation, number + 2 * place)]
    return _in_order(cases)


def _in_order(cases: Iterable[Case]) -> list[Case]:
    return sorted(filter(_can_be_tried, dict.fromkeys(cases)), key=lambda case: repr(case.group))


def _can_be_tried(case: Case) -> bool:
    """Return whether this machine can test the case: mounting disks needs root, moving clocks a C compiler."""
    if case.setup.clock:
        return Clock.can_be_moved()
    return os.geteuid() == 0 or not case.kind.startswith("full-")


def _spots(kind: str, situation: str, start: int) -> list[str]:
    """Return the points for a kind of fault in a situation; ``start`` selects other ones for each of these."""
    fitting = [point for point in SPOTS_OF.get(kind, SPOTS) if _fits(point, situation)]
    # stopping a server takes as long for few cases as for many
    count = min(1 if KINDS[kind].shared else 2, len(fitting))
    chosen = islice(cycle(fitting), start % len(fitting), start % len(fitting) + count)
    return [_REPLACED.get(point) or point if situation == "replace" else point for point in chosen]


def _fits(point: str, situation: str) -> bool:
    return situation != "first" or point not in _NOT_AT_FIRST


def few_cases() -> list[Case]:
    """Return one case of each way back, which every change must pass."""
    cases = [Case("sigkill", point) for point in ("stage.filled", "swap.after", "commit.dropped", "commit.after")]
    cases += [Case("sigkill", "swap.after", situation) for situation in ("first", "resource-deleted", "undo")]
    cases += [Case("sigkill", "replace.cast", "replace")]
    cases += [Case("sigkill", "recover.before"), Case("sigkill", WAY_BACK[-1]), Case("sigkill", "publish.patch")]
    cases += [Case(kind, "swap.after", "plain-steps") for kind in ("raise", "sigkill")]
    cases += [Case("raise", "swap.after"), Case("terminate-lock", "swap.after"), Case("cancelled", "swap.after")]
    cases += [Case("sigkill-worker", "swap.after"), Case("postgres-crash", "swap.parked")]
    return _in_order(cases)


def some_cases() -> list[Case]:
    """Return the most important cases."""
    dying = ("swap.after", "swap.parked", "stage.filled", "commit.dropped", "commit.after", "publish.patch")
    early = ("fetch.after", "stash.synced", "stash.replaced", "copy.block", "fill.piece", "index.built")
    cases = [Case("sigkill", point) for point in (*dying, *early, "finish.before", "stash.clearing")]
    cases += [Case(kind, point) for kind in ("sigkill-worker", "postgres-crash") for point in (*dying, *early[-2:])]
    cases += [Case("raise", point) for point in dying[:5]]
    cases += [Case(kind, point) for kind in ("terminate-work", "sigterm") for point in ("stage.filled", "swap.after")]
    cases += [Case("terminate-lock", "swap.after"), Case("cancelled", "swap.after"), Case("cancelled", "copy.sent")]
    cases += [Case("sigkill", point) for point in WAY_BACK] + [Case("sigkill", "recover.before")]
    cases += [Case(kind, point, "plain-steps") for kind in ("raise", "sigterm") for point in dying[:3]]
    apart = ("replace", "two-workers", "ckan-restarted", "reload", "plain-steps")
    cases += [Case("sigkill", "swap.after", situation) for situation in SITUATIONS if situation not in apart]
    cases += [Case(kind, point, "replace") for kind in ("sigkill", "raise") for point in IN_REPLACE[:2]]
    cases += [Case(kind, "publish.patch") for kind in ("validation-error", "forbidden", "action-timeout")]
    cases += [Case("validation-error", "publish.before", "first"), Case("sigkill", "commit.after", "table-deleted")]
    cases += [Case(kind, point, "undo") for kind in ("sigkill", "raise") for point in IN_UNDO[2:10:2]]
    cases += [Case("full-stash-disk", "plan.after"), Case("full-table-disk", "stage.stripped")]
    cases += [Case("prefect-restarted", "swap.after"), Case("redis-down", "publish.before")]
    return _in_order(cases)
