"""What is in a resource's table now, for the DataStore tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _, h

from . import labels, rejected_rows, review
from .asked import file_name
from .facts import Fact, known
from .review import ShownFinding

#: Most warnings that are shown.
MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownColumn:
    """A column of the table as the load created it."""

    name: str
    type: str
    #: everyday name of the type
    kind: str
    #: heading in the file, if it differs from the name
    heading: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableNow:
    """The table, as the last load that is in it has left it; all texts are for display."""

    facts: tuple[Fact, ...]
    columns: tuple[ShownColumn, ...]
    #: when its file was loaded, if that is known
    loaded: datetime | None = None
    #: whether the load of a newer file was undone
    is_undone: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rejected: tuple[rejected_rows.Rejected, ...] = ()
    personal: tuple[ShownFinding, ...] = ()

    @property
    def headings(self) -> tuple[ShownColumn, ...]:
        """Return the columns whose name differs from the heading in the file."""
        return tuple(column for column in self.columns if column.heading is not None)


def describe(status: Mapping[str, Any]) -> TableNow | None:
    """Return the table by a reply of ``datapusher_status`` whose texts are visible; None if no load is in a table."""
    table = status.get("table")
    if not table:
        return None
    columns = tuple(_column(*column) for column in table["columns"] or ())
    loaded = labels.moment(table["loaded_at"])
    facts = (
        Fact(label=_("File"), value=file_name(table["file"])),
        Fact(label=_("Rows"), value=_number(table["rows"])),
        Fact(label=_("Columns"), value=_number(len(columns) or None)),
        Fact(label=_("Loaded"), when=loaded),
        Fact(label=_("Brought back"), when=labels.moment(table["brought_back_at"])),
    )
    return TableNow(
        facts=known(facts),
        columns=columns,
        loaded=loaded,
        is_undone=table["undone"],
        notes=_notes(table),
        warnings=some_warnings(table["warnings"]),
        rejected=tuple(rejected_rows.of_table(status)),
        personal=review.findings(table["personal"]),
    )


def _notes(table: Mapping[str, Any]) -> tuple[str, ...]:
    if not table["undone"]:
        return ()
    undone = _("A newer file was loaded, and that was undone.")
    again = _("It is loaded again when it changes, or when you press “Load again”.")
    return (f"{undone} {again}",)


def without_load(resource_id: str) -> TableNow | None:
    """Return a table that no run has loaded; None if the datastore does not show it."""
    try:
        info = tk.get_action("datastore_info")({}, {"id": resource_id})
    except (tk.ObjectNotFound, tk.ValidationError):
        return None
    columns = tuple(_column(*map(labels.visible, (field["id"], field["type"]))) for field in info["fields"])
    facts = (
        Fact(label=_("Rows"), value=_number(info["meta"].get("count"))),
        Fact(label=_("Columns"), value=_number(len(columns))),
    )
    return TableNow(facts=known(facts), columns=columns, notes=(_("This table was not loaded from a file here."),))


def some_warnings(found: Sequence[str]) -> tuple[str, ...]:
    """Return the first warnings, and a sentence that says how many there are if some are left out."""
    return tuple(found if len(found) <= MOST_WARNINGS else (*found[:MOST_WARNINGS], labels.more_warnings(len(found))))


def _number(number: int | None) -> str:
    return "" if number is None else str(h.localised_number(number))


def _column(name: str, pg_type: str, heading: str | None = None) -> ShownColumn:
    return ShownColumn(name=name, type=pg_type, kind=labels.kind(pg_type), heading=heading)
