"""What restoring the old table after an exchange needs; kept in the journal and in the parked table's comment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from ..core.dictionary import merge
from . import catalog, table_facts
from .table_facts import TableFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapRecord:
    """A table as it was before a run put another in its place."""

    run_id: str
    #: when the exchange was ordered, ISO 8601
    at: str
    facts: TableFacts
    #: raw comments as they were set on the new table; a comment that differs was edited later
    written: Mapping[str, str | None]
    #: name and comment of the kept table that was put in its place; None: it was another one
    kept: Mapping[str, str | None] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the record as JSON types."""
        head: dict[str, Any] = {"run_id": self.run_id, "at": self.at, "written": dict(self.written)}
        if self.kept:
            head["kept"] = dict(self.kept)
        return {**head, "facts": table_facts.to_json(self.facts)}

    def edits(self, now: TableFacts | None) -> dict[str, str | None]:
        """Return the comments that people have changed on the new table since the exchange (`merge.edits`)."""
        return merge.edits(now.columns if now else (), self.facts.columns, self.written)


def from_json(found: Mapping[str, Any]) -> SwapRecord:
    """Make the record from what ``as_json`` returned."""
    return SwapRecord(**{**found, "facts": table_facts.from_json(found["facts"])})


def of_parked(connection: psycopg.Connection, parked: str) -> SwapRecord | None:
    """Return the record in a parked table's comment."""
    comment = catalog.comment_of(connection, parked)
    return from_json(json.loads(comment)) if comment else None
