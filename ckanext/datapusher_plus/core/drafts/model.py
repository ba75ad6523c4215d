"""One draft of an entry of a column's Data Dictionary, and what drafts are made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from ..statistics import ColumnStatistics

#: Most bytes of a value and of a span as PostgreSQL writes their JSON: both are columns of a B-tree index, whose rows
#: have at most 2,704 bytes.
LONGEST_VALUE = 2000
LONGEST_SPAN = 200
_CUT = "…"
# `json.dumps` would make an encoder for each of thousands of drafts
_as_text = json.JSONEncoder(ensure_ascii=False).encode
#: Key of the evidence with a value that was too long, as a whole.
WHOLE = "whole"


class Kind(str, Enum):
    """Which entry of the Data Dictionary is drafted; the value is the entry's key in ``_info``."""

    LABEL = "label"
    NOTES = "notes"
    UNIT = "unit"
    SEMANTIC_TYPE = "semantic_type"
    PII = "pii"
    CODES = "codes"


class Form(str, Enum):
    """What a draft is about."""

    #: the column as a whole
    VALUE = "value"
    #: some of its rows
    SPAN = "span"


class State(str, Enum):
    """What people have decided about a draft."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A proposal for one entry of a column's Data Dictionary."""

    #: name of the column
    column: str
    kind: Kind
    #: a JSON value
    value: Any
    form: Form = Form.VALUE
    #: of the form ``span``: {"from": row, "to": row}
    span: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: a JSON object: ``rule`` and what the rule saw; never a value of a column that holds personal data
    evidence: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    #: from 0 to 1
    confidence: float | None = None
    #: whether it is a fact of the table itself, which each load replaces
    structural: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A column for which drafts are made."""

    statistics: ColumnStatistics
    #: as the file has it, or the column's name
    heading: str
    #: whether the column is marked as personal data, or such data was found in it
    personal: bool = False
    #: kinds whose entries the Data Dictionary has already
    filled: frozenset[Kind] = frozenset()

    @property
    def name(self) -> str:
        """Return the column's name."""
        return self.statistics.name


def size(value: Any) -> int:
    """Return the bytes of a JSON value as PostgreSQL writes it."""
    return len(_as_text(value).encode("utf-8", "surrogatepass"))


def fitted(draft: Draft) -> Draft:
    """Return the draft with a value that the database accepts: a longer one is cut, and kept whole in the evidence."""
    if size(draft.value) <= LONGEST_VALUE:
        return draft
    evidence = {**draft.evidence, WHOLE: draft.value}
    return replace(draft, value=_cut(draft.value), evidence=evidence)


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        kept = list(value)
        while kept and size([*kept, _CUT]) > LONGEST_VALUE:
            kept.pop()
        return [*kept, _CUT]
    text = value if isinstance(value, str) else _as_text(value)
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle] + _CUT) <= LONGEST_VALUE else (low, middle - 1)
    return text[:low].rstrip() + _CUT
