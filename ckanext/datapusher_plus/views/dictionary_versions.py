"""Values for the earlier Data Dictionaries on the DataStore tab; all texts are for display, and none is HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A column that an earlier dictionary describes differently; ``then`` and ``now`` are pairs (name, text)."""

    column: str
    here: bool
    then: tuple[tuple[str, str], ...]
    now: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """One earlier Data Dictionary."""

    id: str
    when: datetime | None
    why: str
    described: str
    changes: tuple[Change, ...]
    #: number of columns that differ, including those that are not shown
    count: int
    can_fill: bool
    can_replace: bool

    @property
    def more(self) -> int:
        """Return the number of differing columns that are not shown."""
        return self.count - len(self.changes)


def describe(history: Iterable[Mapping[str, Any]]) -> tuple[Earlier, ...]:
    """Return the result of ``datapusher_plus_dictionary_history`` as values for the template."""
    return tuple(
        Earlier(
            id=entry["id"],
            when=labels.moment(entry["at"]),
            why=labels.ended_by(labels.visible(entry["why"])),
            described=labels.described(entry["described"]),
            changes=tuple(_change(labels.visible(dict(difference))) for difference in entry["differences"]),
            count=entry["count"],
            can_fill=bool(entry["fill"] or entry["absent"]),
            can_replace=bool(entry["replace"]),
        )
        for entry in history
    )


def _change(difference: Mapping[str, Any]) -> Change:
    then, now = (
        tuple((labels.key(key), text) for key, text in difference[moment].items()) for moment in ("then", "now")
    )
    return Change(column=difference["column"], here=difference["here"], then=then, now=now)
