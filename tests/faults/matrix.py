"""Run all selected cases of a session in batches, and keep their results."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from tests.faults import report
from tests.faults.cases import Case
from tests.faults.site import Site
from tests.faults.soak import Soak
from tests.faults.tables import make, prepare
from tests.faults.trial import Trial, try_all

#: Cases per batch.
BATCH = 8


class Matrix:
    """The cases of a session; the batch of a case is run when a test first needs its result."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._site: Site | None = None
        self._batches = _batches(list(dict.fromkeys(cases)))
        self._done: dict[Case, Trial] = {}
        self._began = time.monotonic()
        self._took = 0.0
        self.soaked: Soak | None = None

    @classmethod
    def of_session(cls, session: pytest.Session) -> Matrix:
        """Return the matrix of the cases that the session's tests are parametrized with."""
        calls = [getattr(item, "callspec", None) for item in session.items]
        found = [call.params.get("case") for call in calls if call]
        return cls(case for case in found if isinstance(case, Case))

    @property
    def site(self) -> Site:
        """Return the site, started at the first use."""
        if self._site is None:
            self._site = Site()
            self._site.start()
            prepare(self._site.portal)
            # the first table in CKAN's datastore creates a type for all tables, so two at once could conflict
            self._site.spare.append(make(self._site))
        return self._site

    def outcome(self, case: Case) -> Trial:
        """Return the result of a case."""
        if case not in self._done:
            batch = next(batch for batch in self._batches if case in batch)
            began = time.monotonic()
            self._done.update({trial.case: trial for trial in try_all(self.site, batch)})
            self._note(batch, time.monotonic() - began)
        return self._done[case]

    def report(self) -> list[str]:
        """Return the lines of the tables, and the result of the soak."""
        told = report.lines(list(self._done.values()), self._took)
        return [*told, f"- {self.soaked}"] if self.soaked else told

    def close(self) -> None:
        """Stop the workers, and write the report."""
        if self._site is not None:
            self._took = time.monotonic() - self._began
            self._site.stop()
            report.write(self._site.stack.root, list(self._done.values()), self.report())

    def _note(self, batch: list[Case], seconds: float) -> None:
        with (self.site.stack.logs / "matrix.log").open("a") as log:
            for trial in (self._done[case] for case in batch):
                log.write(f"{trial.case.id:60} {trial.rows:10.10} {trial.settled_in:5.1f} s {trial.findings}\n")
            log.write(f"-- {len(batch)} tried in {seconds:.1f} s\n")


def _batches(cases: list[Case]) -> list[list[Case]]:
    groups: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    return [group[start : start + BATCH] for group in groups.values() for start in range(0, len(group), BATCH)]


MATRIX = pytest.StashKey[Matrix]()
