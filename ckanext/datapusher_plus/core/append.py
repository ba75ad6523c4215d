"""Append to a table whose file has only grown: what the table holds, and what is still to be added."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .load_plan import RESULT_VERSION
from .values import LoadPlan

#: A file of fewer bytes is always loaded whole, which takes no longer.
SMALL = 1 << 22
#: Most times the old size that a file may have grown to. Up to that, appending is much faster than loading the whole
#: file, although each appended row takes half as long again.
MOST = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendRange:
    """The end of a file whose beginning the live table holds."""

    #: byte of the clean CSV at which it begins
    start: int
    #: rows that the table holds, all from the file's beginning
    after: int
    #: OID of the table
    table: int
    #: id of the last load's transaction; nobody may have changed the table since
    transaction: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPrefix:
    """The clean CSV that a table was loaded from, and how."""

    #: in bytes
    size: int
    #: of its bytes, as ``LoadPlan.digest``
    digest: str
    rows: int
    #: digest of the columns, their types and casts, and which of their values are searched
    shape: str

    @classmethod
    def of(cls, plan: LoadPlan, size: int) -> LoadedPrefix | None:
        """Return what a plan's table will hold; None if it is small, rows were left out, or the digest is unknown."""
        if size < SMALL or plan.csv.rejected or not plan.digest:
            return None
        return cls(size=size, digest=plan.digest, rows=plan.rows, shape=digest_of_columns(plan))

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> LoadedPrefix:
        """Return the value that ``as_json`` was called on.

        :raises KeyError, ValueError, TypeError: when ``found`` is something else.
        """
        return cls(
            size=int(found["size"]), digest=str(found["digest"]), rows=int(found["rows"]), shape=str(found["shape"])
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON types, for the journal."""
        return asdict(self)


def digest_of_columns(plan: LoadPlan) -> str:
    """Return a digest of everything that decides how the file's lines become rows."""
    columns = [(column.name, column.type, column.cast) for column in plan.columns]
    parts: dict[str, Any] = {"version": RESULT_VERSION, "columns": columns, "full_text": plan.full_text.value}
    if plan.automatic_indexes:
        # added rows change no index, so another choice of indexes needs a new table
        parts["indexes"] = sorted(index.name for index in plan.automatic_indexes)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def can_append(plan: LoadPlan, size: int, held: LoadedPrefix) -> bool:
    """Return whether a clean CSV of ``size`` bytes may be appended to the table, if it begins with the loaded one."""
    return (
        held.size < size <= held.size * MOST
        and held.rows < plan.rows
        and held.shape == digest_of_columns(plan)
        and plan.csv.rejected is None
    )
