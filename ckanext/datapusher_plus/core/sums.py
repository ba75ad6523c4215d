"""Columns of a table that add up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Columns of which one is the sum of others in every row that was examined."""

    #: their names
    columns: frozenset[str] = frozenset()
    #: in some row they add up only if commas separate thousands
    thousands: bool = False
