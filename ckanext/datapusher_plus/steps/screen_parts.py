"""Leave out of the first cells of a file's parts what may be personal data, before they are kept."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..core import parts
from ..core.errors import IngestError
from ..core.parts import Part
from ..core.personal_data import detectors
from ..core.personal_data.checks import believes
from ..core.personal_data.detectors import Detector
from ..core.personal_data.findings import MOST_CHECKED, Mode
from ..core.values import CleanCsv, Ticket
from ..engines import Can, Sought
from ..portal.personal_data import site_mode
from .analyse import engine_for
from .screen import known_detectors

log = logging.getLogger(__name__)


def screened(ticket: Ticket, found: Sequence[Part]) -> tuple[Part, ...]:
    """Return the parts with cells that editors may see.

    Where the site looks for personal data, its detectors look at all cells, also those that look only below certain
    headings; if they cannot be used, no cell is kept. A load does not fail because of this.
    """
    if site_mode() is Mode.OFF or not any(part.cells for part in found):
        return tuple(map(parts.shortened, found))
    try:
        return searched(found, known_detectors(ticket), ticket.work_dir)
    except (IngestError, ValueError, OSError) as error:
        # the error's text may quote a cell
        why = type(error).__name__
        log.warning("run %s: the first cells of the file's parts are left out, not screened: %s", ticket.run_id, why)
        return tuple(parts.without_cells(part) for part in found)


def searched(found: Sequence[Part], known: Sequence[Detector], folder: Path) -> tuple[Part, ...]:
    """Return the parts without the cells in which detectors find something.

    :param folder: where a file of the cells may be written.
    :raises BadPattern: when a pattern cannot be used.
    """
    hidden = _hidden([cell for part in found for cell in part.cells], known, folder)
    return tuple(parts.shortened(parts.screened(part, hidden | _told(part, known))) for part in found)


def _hidden(cells: Sequence[str], known: Sequence[Detector], folder: Path) -> frozenset[str]:
    """Return the cells in which a detector finds something that its check believes."""
    path = folder / "first-cells.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["cell"], *([cell] for cell in cells)])
    table = CleanCsv(path=path, header=("cell",), format="CSV", encoding="UTF-8", rows=len(cells))
    sought = [Sought(pattern=each.pattern, positions=(0,)) for each in known]
    hits = engine_for(folder, Can.SEARCH).search(table, sought, shortest=detectors.SHORTEST, most=MOST_CHECKED)
    return frozenset(
        cells[row - 1]
        for hit in hits
        for row, texts in hit.first
        if any(believes(known[hit.sought].check, text) for text in texts)
    )


def _told(part: Part, known: Iterable[Detector]) -> frozenset[str]:
    """Return the cells with digits that stand beside one that says that such data follows, as in “Phone | 2 34 56”."""
    beside = zip(part.cells, part.cells[1:], strict=False)
    return frozenset(
        cell for before, cell in beside if any(map(str.isdigit, cell)) and any(each.is_hinted(before) for each in known)
    )
