"""A fact about a load or a table: a label with a value, or with a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label with ``value``, or with ``when`` for a time."""

    label: str
    value: str = ""
    when: datetime | None = None


def known(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts that have a value."""
    return tuple(fact for fact in facts if fact.when or fact.value)
