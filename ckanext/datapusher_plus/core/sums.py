"""Which columns of a table add up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Columns of which one is the sum of others in every row that was looked at."""

    #: their names
    columns: frozenset[str] = frozenset()
    #: in some row they add up only if commas stand between thousands
    thousands: bool = False
