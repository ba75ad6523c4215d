"""Which rows of a file are left out of its table, how many may be, and how that is told; values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from .types.patterns import Accepts
from .types.plain_names import plain_name

#: name of the file of rejected rows in a run's folder, and as people download it
FILE = "rejected.csv"
#: its headings; ``line`` holds what messages count: line, row, record or feature
HEADER = ("line", "column", "value", "reason", "row")
#: Excel reads a CSV file as UTF-8 only when it begins with this.
BOM = b"\xef\xbb\xbf"
#: Fields that a row is parted into, as many as a sheet of Excel has columns; what follows stays in the last one.
MOST_FIELDS = 16_384
#: Rows and bytes of a list of rejected rows that end the list when the whole file is refused.
LISTED_ROWS = 10_000
LISTED_BYTES = 20_000_000
#: What makes a spreadsheet take a value for a formula when it stands first (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a row is left out."""

    #: of the value that does not fit; None for a row of another width
    column: str | None
    value: str
    #: that the value is not of; empty for a row of another width
    type: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a column's values must be, because the Data Dictionary says so."""

    #: of the column, from 0
    position: int
    column: str
    #: PostgreSQL type name
    type: str
    accepts: Accepts

    def fault(self, value: str) -> Fault | None:
        """Return what is wrong with a value, None when it fits."""
        if self.accepts.takes(value):
            return None
        reason = f"The value is not {plain_name(self.type)}, as the Data Dictionary asks for."
        return Fault(column=self.column, value=value, type=self.type, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of a file's rows cannot be loaded, and how many may be left out."""

    rejected: int
    #: rows below the header, whatever they are
    total: int
    #: percent of the rows, ``max_quarantine_pct``
    limit: float

    @property
    def most(self) -> int:
        """Return how many rows may be left out; never all of them."""
        # as it is written, for 0.07 * 100 is more than 7
        allowed = Fraction(str(self.limit)) * self.total / 100
        return max(0, min(int(allowed), self.total - 1))

    @property
    def allowed(self) -> bool:
        """Tell whether the load may go on without these rows."""
        return self.rejected <= self.most

    def __str__(self) -> str:
        """Return the clause that an error ends with."""
        if self.rejected == self.total:
            return f"none of {self.total:,} rows can be loaded" if self.total > 1 else "there is no other row"
        most = f"at most {self.limit:g} % may be left out" if self.limit else "none may be left out"
        return f"{self.rejected:,} of {self.total:,} rows cannot be loaded, and {most} (max_quarantine_pct)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The rows that were left out of a table, or because of which a file was refused."""

    rows: int
    #: rows of the file, these included
    total: int
    #: where they are, as CSV, until the run ends
    path: Path
    #: how many of them are in that CSV; None means all
    listed: int | None = None

    @property
    def sentence(self) -> str:
        """Return what the publisher should look at."""
        were, rows = ("was", "row") if self.rows == 1 else ("were", "rows")
        return f"{self.rows:,} of {self.total:,} rows {were} left out; see the rejected {rows}."


def wrong_width(found: int, expected: int) -> Fault:
    """Return what is wrong with a row that has more or fewer fields than the header."""
    reason = f"The row has {counted(found)} {_fields(found)} where the header has {expected:,}."
    return Fault(column=None, value="", type="", reason=reason)


def counted(fields: int) -> str:
    """Return how many fields a row has; they are not counted to the end."""
    return f"{fields:,}" if fields < MOST_FIELDS else f"at least {MOST_FIELDS:,}"


def neutral(text: str) -> str:
    """Return a text so that no spreadsheet takes it for a formula: those that could be one get ``'`` before them."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _fields(number: int) -> str:
    return "field" if number == 1 else "fields"
