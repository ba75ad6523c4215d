"""Read the first cells of all sheets, by which people recognise them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice

from ...core.errors import IngestError, Skipped
from ...core.log import Silent
from ...core.parts import FIRST_ROWS, MOST_PARTS, Part, named
from ...core.values import Source
from ..base import Work
from .workbook import Book, Faults

#: bytes of the largest workbook, and seconds of reading, that are spent on this
_LARGEST, _LONGEST = 10_000_000, 2.0

Opened = Callable[[Source, Work], AbstractContextManager[Book]]


def first_cells(opened: Opened, source: Source, work: Work, sheets: tuple[str, ...]) -> tuple[Part, ...]:
    """Return the sheets with their first cells; only their names if the workbook is large, or damaged somewhere.

    The workbook is opened again, so that a damaged sheet which nobody asked for does no harm to the one that was read.
    """
    known = named(sheets)
    if len(sheets) < 2 or source.size > _LARGEST:
        return known
    folder = work.dir / "first-cells"
    folder.mkdir(exist_ok=True)
    began, found = time.monotonic(), list[Part]()
    try:
        with opened(source, replace(work, dir=folder, log=Silent())) as book:
            for sheet in book.sheets[:MOST_PARTS]:
                rows = islice(book.rows(sheet, Faults()), FIRST_ROWS)
                found.append(Part.of_rows(sheet.name, (row for _, row in rows)))
                if time.monotonic() - began > _LONGEST:
                    break
    except (IngestError, Skipped):
        pass
    return (*found, *known[len(found) :])
