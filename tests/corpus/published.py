"""A file that somebody else published, and the table that a person expects of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from ckanext.datapusher_plus.core.values import ReadOptions

#: values in the words of PostgreSQL, by row (from 1) and column
Cells = Mapping[tuple[int, str], str | None]


@dataclass(frozen=True)
class Published:
    """A file in an installed package, and its table.

    Columns are in order, with blanks between, or bars where names have blanks: `name:type`, or `name` for a number.
    """

    package: str
    path: str
    rows: int
    columns: str
    cells: Cells
    options: ReadOptions = field(default_factory=ReadOptions)

    @property
    def types(self) -> dict[str, str]:
        """The columns in their order, with their types."""
        columns = " ".join(self.columns.split())
        named = (column.strip().partition(":") for column in columns.split("|" if "|" in columns else " "))
        return {name: kind or "numeric" for name, _, kind in named}


def located(package: str, path: str) -> Path:
    """Return where a file of an installed package is, without importing the package."""
    return Path(str(metadata.distribution(package).locate_file(path)))
