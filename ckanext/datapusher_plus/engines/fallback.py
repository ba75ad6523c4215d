"""An engine of two: what the first one cannot do, the second one does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from ..core.errors import EngineFailed
from ..core.statistics import Measure
from ..core.types.patterns import Accepts
from ..core.values import CleanCsv
from .base import Bounds, Can, Counted, Duplicates, Engine, Hits, Look, Misfit, Profiled, Sought

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Asks the first engine, and the second one if the first lacks an ability or, where that is wanted, fails."""

    first: Engine
    second: Engine
    #: the second one also answers questions at which the first one failed
    after_failure: bool

    @property
    def name(self) -> str:
        """Return the first engine's name, which is that of the site's choice."""
        return self.first.name

    @property
    def can(self) -> frozenset[Can]:
        """Return the abilities of both engines."""
        return self.first.can | self.second.can

    def profile(self, csv: CleanCsv, names: Sequence[str], nulls: Sequence[str] = ()) -> Profiled:
        """Count the values of each column by what they are."""
        return self._asked(Can.PROFILE, lambda engine: engine.profile(csv, names, nulls))

    def count(self, csv: CleanCsv, looks: Sequence[Look], nulls: Sequence[str] = ()) -> tuple[int, ...]:
        """Return for each look how many values its form takes."""
        return self._asked(Can.COUNT, lambda engine: engine.count(csv, looks, nulls))

    def misfits(self, csv: CleanCsv, accepts: Mapping[int, Accepts]) -> tuple[Misfit, ...]:
        """Return the first value of each column that is not accepted, if any."""
        return self._asked(Can.FIND_MISFITS, lambda engine: engine.misfits(csv, accepts))

    def search(
        self, csv: CleanCsv, sought: Sequence[Sought], *, shortest: int, most: int, rows: int | None = None
    ) -> tuple[Hits, ...]:
        """Return which columns have values that match which patterns."""
        return self._asked(
            Can.SEARCH, lambda engine: engine.search(csv, sought, shortest=shortest, most=most, rows=rows)
        )

    def duplicates(self, csv: CleanCsv) -> Duplicates:
        """Count the rows that are equal to an earlier row."""
        return self._asked(Can.DUPLICATES, lambda engine: engine.duplicates(csv))

    def repeats(self, csv: CleanCsv) -> Sequence[int]:
        """Return the rows that are equal to an earlier row."""
        return self._asked(Can.DUPLICATES, lambda engine: engine.repeats(csv))

    def distinct(self, csv: CleanCsv, positions: Sequence[int]) -> tuple[int, ...]:
        """Return for each column how many different values it has."""
        return self._asked(Can.DISTINCT, lambda engine: engine.distinct(csv, positions))

    def bounds(self, csv: CleanCsv, latitude: int, longitude: int) -> Bounds:
        """Return the bounds of the places whose coordinates two columns have."""
        return self._asked(Can.BOUNDS, lambda engine: engine.bounds(csv, latitude, longitude))

    @contextmanager
    def counted(self, csv: CleanCsv, measures: Mapping[int, Measure], seconds: float) -> Iterator[Counted]:
        """Count the values of some columns once; the second engine does if the first one cannot, or fails at that."""
        with ExitStack() as stack:
            yield self._asked(Can.DESCRIBE, lambda engine: stack.enter_context(engine.counted(csv, measures, seconds)))

    def _asked(self, ability: Can, question: Callable[[Engine], T]) -> T:
        if ability in self.first.can:
            try:
                return question(self.first)
            except EngineFailed as error:
                if not self.after_failure:
                    raise
                why = error.__cause__ or error
                _log.warning("%s did not %s, so %s does: %s", self.first.name, ability.value, self.second.name, why)
        return question(self.second)
