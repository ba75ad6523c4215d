"""The parts of a file of which one is the table: sheets, layers, lists of records, files of an archive.

People recognise them by their first cells.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .errors import NoSuchSheet
from .safe_text import replaced

#: most parts, cells of each, and characters of a cell and of a name that are kept
MOST_PARTS, MOST_CELLS, LONGEST_CELL, LONGEST_NAME = 100, 8, 40, 300
#: characters of a cell that are read, so that a detector sees the whole of what begins among those that are kept
LONGEST_READ = 200
#: first rows among which the headings are looked for
FIRST_ROWS = 10
#: what a heading does not have, and personal data does
_PERSONAL = re.compile(r"@|(?:\d[\s./-]?){6,}")
HIDDEN = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sheet, layer or list of records of a file, or a file of an archive."""

    name: str
    #: its first cells, most often its headings; () if they were not read
    cells: tuple[str, ...] = ()
    is_empty: bool = False
    #: bytes of a file of an archive
    size: int | None = None
    #: whether the site's detectors of personal data have looked at the cells
    is_screened: bool = False

    @classmethod
    def of_rows(cls, name: str, rows: Iterable[Sequence[str | None]]) -> Part:
        """Return the part whose first rows these are: the first one with several values has the headings."""
        filled = [found for row in rows if (found := [value for value in row if value and value.strip()])]
        first = next((row for row in filled if len(row) > 1), filled[0] if filled else [])
        return cls(name=_kept(name), cells=cells(first), is_empty=not filled)


def cells(values: Iterable[str | None]) -> tuple[str, ...]:
    """Return the first cells as they are read: on one line, and without what looks most like personal data."""
    shown = [value for value in values if value and value.strip()][:MOST_CELLS]
    return tuple(HIDDEN if _PERSONAL.search(value) else _cut(value, LONGEST_READ) for value in shown)


def shortened(part: Part) -> Part:
    """Return a part with its cells as they are kept."""
    return replace(part, cells=tuple(_cut(cell, LONGEST_CELL) for cell in part.cells))


def screened(part: Part, hidden: Container[str]) -> Part:
    """Return a part without the cells in which the site's detectors have found something."""
    return replace(part, cells=tuple(HIDDEN if cell in hidden else cell for cell in part.cells), is_screened=True)


def without_cells(part: Part) -> Part:
    """Return a part of which only the name is known."""
    return replace(part, cells=())


def shown_to_editors(parts: Iterable[Part], *, is_screening: bool) -> tuple[Part, ...]:
    """Return the parts with the cells that may be shown.

    :param is_screening: whether the site looks for personal data now; earlier loads may not have done so.
    """
    return tuple(part if part.is_screened or not is_screening else without_cells(part) for part in parts)


def called(names: Sequence[str], wanted: str) -> int:
    """Return the position of the part with this name, else with this number, from 0, or from the last if negative.

    :raises NoSuchSheet: when no part has that name or number.
    """
    for alike in (str, _bare):
        for position, name in enumerate(names):
            if alike(name) == alike(wanted):
                return position
    try:
        return range(len(names))[int(wanted)]
    except (ValueError, IndexError) as error:
        raise NoSuchSheet(wanted, tuple(names)) from error


def has_others(parts: Sequence[Part], sheet: str) -> bool:
    """Return whether resources can be made of further parts.

    :param sheet: the part that is a table; empty also for the list of an archive's files, if it has several.
    """
    return bool(sheet) or (len(parts) > 1 and all(part.size is not None for part in parts))


def others(parts: Iterable[Part], besides: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the parts that have something in them, besides those that are tables already."""
    known = {name.casefold() for name in besides}
    return tuple(part.name for part in parts if not part.is_empty and part.name.casefold() not in known)


def named(names: Iterable[str]) -> tuple[Part, ...]:
    """Return parts of which only the names are known."""
    return tuple(Part(name=_kept(name)) for name in names)[:MOST_PARTS]


def to_json(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return parts as they are stored."""
    return [
        {
            "name": part.name,
            "cells": list(part.cells),
            "empty": part.is_empty,
            "size": part.size,
            "screened": part.is_screened,
        }
        for part in list(parts)[:MOST_PARTS]
    ]


def from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Return stored parts."""
    return tuple(
        Part(
            name=str(each["name"]),
            cells=tuple(map(str, each["cells"][:MOST_CELLS])),
            is_empty=bool(each.get("empty")),
            size=each["size"] if type(each.get("size")) is int else None,
            is_screened=bool(each.get("screened")),
        )
        for each in stored
    )


def _bare(name: str) -> str:
    return " ".join(name.split()).casefold()


def _kept(name: str) -> str:
    """Return a name as it can be stored; it stays what ``dpp_sheet`` must say."""
    return name.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:LONGEST_NAME]


def _cut(text: str, most: int) -> str:
    shown = replaced(" ".join(text.split()))
    return shown if len(shown) <= most else shown[: most - 1] + "…"
