"""A file that goes on where the last one ended: what its table holds, and what is still to be added."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .load_plan import RESULT_VERSION
from .values import LoadPlan

#: Bytes of a file that is loaded whole at any rate: it takes no longer.
SMALL = 1 << 22
#: Times as many bytes as before with which adding is still faster by far: a row costs half more so.
MOST = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendRange:
    """The end of a file whose beginning the live table holds."""

    #: byte of the clean CSV at which it begins
    start: int
    #: rows of the table, all of the file's beginning
    after: int
    #: the table's identity
    table: int
    #: number of the transaction after which nobody may have changed the table
    transaction: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPrefix:
    """The clean CSV that a table was made of, and how."""

    #: bytes
    size: int
    #: of its bytes, as ``LoadPlan.digest``
    digest: str
    rows: int
    #: digest of the columns, their casts and what of a row is searched
    shape: str

    @classmethod
    def of(cls, plan: LoadPlan, size: int) -> LoadedPrefix | None:
        """Return what a plan's table holds in the end; None when that is little, or not all of the file's rows."""
        if size < SMALL or plan.csv.rejected or not plan.digest:
            return None
        return cls(size=size, digest=plan.digest, rows=plan.rows, shape=digest_of_columns(plan))

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> LoadedPrefix:
        """Return what ``as_json`` was made of.

        :raises KeyError, ValueError, TypeError: when it was made of something else.
        """
        return cls(
            size=int(found["size"]), digest=str(found["digest"]), rows=int(found["rows"]), shape=str(found["shape"])
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)


def digest_of_columns(plan: LoadPlan) -> str:
    """Return a digest of all that makes rows of the plan's file."""
    columns = [(column.name, column.type, column.cast) for column in plan.columns]
    parts = {"version": RESULT_VERSION, "columns": columns, "full_text": plan.full_text.value}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def may_go_on(plan: LoadPlan, size: int, held: LoadedPrefix) -> bool:
    """Tell whether a file of ``size`` bytes would be added to the table, should it begin with what that holds."""
    return (
        held.size < size <= held.size * MOST
        and held.rows < plan.rows
        and held.shape == digest_of_columns(plan)
        and plan.csv.rejected is None
    )
