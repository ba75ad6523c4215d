"""Report of the fault tests: tables for people, and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

from ckanext.datapusher_plus.checkpoint import POINTS
from tests.faults.cases import SITUATIONS
from tests.faults.kinds import KINDS
from tests.faults.trial import Trial

#: Beginnings of findings that mean a loss, and of those that mean a leftover.
LOSSES = ("rows: broken", "rows: none", "rows: empty", "words:", "hanging:", "search:")
ORPHANS = ("orphan:",)

Trait = Callable[[Trial], str]


def lines(trials: Sequence[Trial], elapsed: float) -> list[str]:
    """Return the lines of the tables: kinds by situations, points by kinds, and the totals."""
    if not trials:
        return []
    return [
        *("", "## Kinds of faults by situations (how often tried; ! something was found)", ""),
        *_grid(trials, list(KINDS), list(SITUATIONS), lambda t: t.case.kind, lambda t: t.case.situation),
        *("", "## Points by kinds of faults", ""),
        *_grid(trials, _points(trials), list(KINDS), lambda t: t.case.point, lambda t: t.case.kind),
        *("", "## Sums", ""),
        *_sums(trials, elapsed),
    ]


def write(folder: Path, trials: Sequence[Trial], shown: Sequence[str]) -> None:
    """Write `faults.md` and `faults.json`."""
    (folder / "faults.md").write_text("\n".join(["# Faults that were tried", *shown, ""]))
    told = [
        {
            "kind": trial.case.kind,
            "point": trial.case.point,
            "situation": trial.case.situation,
            "rows": trial.rows,
            "settled_in_s": round(trial.settled_in, 2),
            "findings": trial.findings,
            "runs": trial.ended,
        }
        for trial in trials
    ]
    (folder / "faults.json").write_text(json.dumps(told, indent=1, ensure_ascii=False))


def _points(trials: Iterable[Trial]) -> list[str]:
    tried = {trial.case.point for trial in trials}
    return [point for point in POINTS if point in tried]


def _grid(trials: Sequence[Trial], rows: list[str], columns: list[str], row_of: Trait, column_of: Trait) -> list[str]:
    tried = Counter((row_of(trial), column_of(trial)) for trial in trials)
    wrong = {(row_of(trial), column_of(trial)) for trial in trials if trial.findings}
    used = [column for column in columns if any(column_of(trial) == column for trial in trials)]
    table = ["| | " + " | ".join(used) + " | all |", "|---|" + "---:|" * (len(used) + 1)]
    for row in rows:
        cells = [f"{tried[row, column] or ''}{'!' if (row, column) in wrong else ''}" for column in used]
        if any(cells):
            table.append(f"| {row} | " + " | ".join(cells) + f" | {sum(tried[row, column] for column in used)} |")
    return table


def _sums(trials: Sequence[Trial], elapsed: float) -> list[str]:
    slowest = max(trials, key=lambda trial: trial.settled_in)
    settled = [trial.settled_in for trial in trials]
    rows = Counter(trial.rows.partition(":")[0] for trial in trials)
    return [
        f"- tried: {len(trials)} combinations, {len({t.case.point for t in trials})} points, "
        f"{len({t.case.kind for t in trials})} kinds, {len({t.case.situation for t in trials})} situations",
        f"- rows at the end: {', '.join(f'{name} {count}' for name, count in rows.most_common())}",
        f"- losses: {count_of(trials, LOSSES)}, orphans: {count_of(trials, ORPHANS)}, "
        f"anything else that was not as expected: {_others(trials)}",
        f"- settled after recovery: median {median(settled):.1f} s, slowest {slowest.settled_in:.1f} s "
        f"({slowest.case.id})",
        f"- took {elapsed / 60:.1f} min",
    ]


def count_of(trials: Iterable[Trial], beginnings: tuple[str, ...]) -> int:
    """Return the number of trials with a finding that starts with one of ``beginnings``."""
    return sum(any(finding.startswith(beginnings) for finding in trial.findings) for trial in trials)


def _others(trials: Iterable[Trial]) -> int:
    known = (*LOSSES, *ORPHANS)
    return sum(any(not finding.startswith(known) for finding in trial.findings) for trial in trials)
