"""The parts of a file of which one is the table: sheets of a workbook, layers, lists of records; with first cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .safe_text import replaced

#: most parts, cells of each, and characters of a cell and of a name that are kept
MOST_PARTS, MOST_CELLS, LONGEST_CELL, LONGEST_NAME = 100, 8, 40, 300
#: first rows among which the headings are looked for
FIRST_ROWS = 10
#: what a heading does not have, and personal data does
_PERSONAL = re.compile(r"@|(?:\d[\s./-]?){6,}")
HIDDEN = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sheet, layer or list of records of a file."""

    name: str
    #: its first cells, most often its headings; () if they were not read
    cells: tuple[str, ...] = ()
    is_empty: bool = False

    @classmethod
    def of_rows(cls, name: str, rows: Iterable[Sequence[str | None]]) -> Part:
        """Return the part whose first rows these are: the first one with several values has the headings."""
        filled = [found for row in rows if (found := [value for value in row if value and value.strip()])]
        first = next((row for row in filled if len(row) > 1), filled[0] if filled else [])
        return cls(name=_kept(name), cells=cells(first), is_empty=not filled)


def cells(values: Iterable[str | None]) -> tuple[str, ...]:
    """Return the first cells as they are kept: short, on one line, and without what may be personal data."""
    shown = [value for value in values if value and value.strip()][:MOST_CELLS]
    return tuple(HIDDEN if _PERSONAL.search(value) else _cut(value, LONGEST_CELL) for value in shown)


def others(parts: Iterable[Part], besides: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the parts that have something in them, besides those that are tables already."""
    known = {name.casefold() for name in besides}
    return tuple(part.name for part in parts if not part.is_empty and part.name.casefold() not in known)


def named(names: Iterable[str]) -> tuple[Part, ...]:
    """Return parts of which only the names are known."""
    return tuple(Part(name=_kept(name)) for name in names)[:MOST_PARTS]


def to_json(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return parts as they are stored."""
    return [{"name": part.name, "cells": list(part.cells), "empty": part.is_empty} for part in list(parts)[:MOST_PARTS]]


def from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Return stored parts."""
    return tuple(
        Part(name=each["name"], cells=tuple(each["cells"]), is_empty=bool(each.get("empty"))) for each in stored
    )


def _kept(name: str) -> str:
    """Return a name as it can be stored; it stays what ``dpp_sheet`` must say."""
    return name.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:LONGEST_NAME]


def _cut(text: str, most: int) -> str:
    shown = replaced(" ".join(text.split()))
    return shown if len(shown) <= most else shown[: most - 1] + "…"
