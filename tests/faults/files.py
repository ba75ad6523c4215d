"""The versions of a resource's file, and the rows that the table must have after each."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

COLUMNS = ("stadt", "zahl", "tag", "ort", "land", "menge")
#: Changes of the columns in a newer file; without a change it differs only in its rows.
CHANGES = ("renamed", "added", "removed", "retyped")


@dataclass(frozen=True, kw_only=True)
class File:
    """One version of a resource's file."""

    version: int
    change: str = ""
    rows: int = 120

    @property
    def header(self) -> tuple[str, ...]:
        """Return the column names."""
        return {
            "renamed": tuple("nation" if name == "land" else name for name in COLUMNS),
            "added": (*COLUMNS, "neu"),
            "removed": tuple(name for name in COLUMNS if name != "land"),
        }.get(self.change, COLUMNS)

    @property
    def word(self) -> str:
        """Return a word that only this version contains."""
        return f"wort{self.version}"

    def values(self) -> list[tuple[str, ...]]:
        """Return the rows as in the file."""
        return [self._row(number) for number in range(1, self.rows + 1)]

    def content(self) -> bytes:
        """Return the file as CSV."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.header)
        writer.writerows(self.values())
        return text.getvalue().encode()

    def expected(self, *, trigger: bool, days: bool = False) -> list[tuple[str | None, ...]]:
        """Return the rows of the table as text, each with its number.

        :param trigger: whether the table has the trigger that changes ``ort``.
        :param days: whether ``tag`` is a date, because no Data Dictionary sets its type to timestamp.
        """
        place = self.header.index("ort")
        rows: list[tuple[str | None, ...]] = []
        for number, values in enumerate(self.values(), 1):
            cells: list[str | None] = [value or None for value in values]
            cells[2] = f"{values[2]} 00:00:00" if values[2] and not days else cells[2]
            if trigger:
                cells[place] = values[place].upper() or "UNBEKANNT"
            rows.append((str(number), *cells))
        return rows

    def _row(self, number: int) -> tuple[str, ...]:
        cells = {
            "stadt": f"Zürich {self.version}.{number} {self.word}",
            "zahl": f"{number}.50",
            "tag": f"2026-05-{number % 28 + 1:02}" if number % 3 else "",
            "ort": f"ort {number % 7}" if number % 5 else "",
            "land": f"Land {number}",
            "nation": f"Land {number}",
            "menge": "viele" if self.change == "retyped" and number == self.rows else str(number * self.version),
            "neu": f"neu {number}",
        }
        return tuple(cells[name] for name in self.header)
