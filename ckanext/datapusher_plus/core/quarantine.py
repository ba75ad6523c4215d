"""Which rows of a file are left out of its table, how many may be, and the sentences about them; without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from .message import Message, say, say_n
from .types.patterns import Accepts
from .types.plain_names import plain_name

#: name of the file of rejected rows in a run's folder, and as people download it
FILE = "rejected.csv"
#: its headings; ``line`` is the number of the line, row, record or feature, whichever messages count
HEADER = ("line", "column", "value", "reason", "row")
#: Excel reads a CSV file as UTF-8 only when it begins with this.
BOM = b"\xef\xbb\xbf"
#: Most fields that a row is split into, as many as an Excel sheet has columns; the rest stays in the last field.
MOST_FIELDS = 16_384
#: When the whole file is refused, the list of rejected rows ends at this number of rows or bytes.
LISTED_ROWS = 10_000
LISTED_BYTES = 20_000_000
#: First characters that make a spreadsheet treat a value as a formula (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a row is left out."""

    #: column of the value that does not fit; None when the row has the wrong number of fields
    column: str | None
    value: str
    #: type that the value does not fit; empty when the row has the wrong number of fields
    type: str
    reason: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The type that the Data Dictionary sets for a column, to check the column's values against."""

    #: position of the column, from 0
    position: int
    column: str
    #: PostgreSQL type name
    type: str
    accepts: Accepts

    def fault(self, value: str) -> Fault | None:
        """Return why a value does not fit, None when it does."""
        if self.accepts.takes(value):
            return None
        return Fault(column=self.column, value=value, type=self.type, reason=misfit(plain_name(self.type)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of a file's rows cannot be loaded, and how many may be left out."""

    rejected: int
    #: all rows below the header
    total: int
    #: percent of the rows, ``max_quarantine_pct``
    limit: float

    @property
    def most(self) -> int:
        """Return how many rows may be left out; never all of them."""
        # exact, because as floats 0.07 * 100 is more than 7
        allowed = Fraction(str(self.limit)) * self.total / 100
        return max(0, min(int(allowed), self.total - 1))

    @property
    def allowed(self) -> bool:
        """Return whether the load may continue without these rows."""
        return self.rejected <= self.most

    @property
    def clause(self) -> Message:
        """Return the clause for the end of an error's sentence."""
        if self.rejected == self.total:
            none = say("none of {total} rows can be loaded", total=self.total)
            return none if self.total > 1 else say("there is no other row")
        values = {"rejected": self.rejected, "total": self.total}
        if not self.limit:
            return say("{rejected} of {total} rows cannot be loaded, and none may be left out", **values)
        return say(
            "{rejected} of {total} rows cannot be loaded, and at most {limit} % may be left out",
            **values,
            limit=self.limit,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The rows that were left out of a table, or that caused a file to be refused."""

    rows: int
    #: rows of the file, including these
    total: int
    #: CSV file that lists them until the run ends
    path: Path
    #: how many of them are in that CSV; None means all
    listed: int | None = None

    @property
    def sentence(self) -> Message:
        """Return the sentence that asks the publisher to look at the rejected rows."""
        return say_n(
            "{n} of {total} rows was left out; see the rejected row.",
            "{n} of {total} rows were left out; see the rejected rows.",
            self.rows,
            total=self.total,
        )


def wrong_width(found: int, expected: int) -> Fault:
    """Return the fault of a row that has more or fewer fields than the header."""
    return Fault(column=None, value="", type="", reason=wrong_number(found, expected))


def misfit(kind: Message) -> Message:
    """Return the reason that a value is not of the kind that its column has."""
    return say("The value is not {kind}, as the Data Dictionary asks for.", kind=kind)


def wrong_number(found: int, expected: int) -> Message:
    """Return the reason that a row has more or fewer fields than the header."""
    return say("The row has {fields} where the header has {expected}.", fields=counted_fields(found), expected=expected)


def place_of(unit: str, number: int) -> Message:
    """Return where a row is: its number in the ``unit`` in which messages about the file count."""
    return {
        "line": say("line {number}", number=number),
        "record": say("record {number}", number=number),
        "feature": say("feature {number}", number=number),
    }.get(unit) or say("row {number}", number=number)


def counted(fields: int) -> str:
    """Return the number of a row's fields as text; they are counted up to ``MOST_FIELDS`` only."""
    return say("{n}", n=fields) if fields < MOST_FIELDS else say("at least {n}", n=MOST_FIELDS)


def neutral(text: str) -> str:
    """Return a text that no spreadsheet treats as a formula: one that could be a formula gets ``'`` before it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def counted_fields(fields: int) -> str:
    """Return the number of a row's fields with the noun."""
    return say_n("{number} field", "{number} fields", fields, number=counted(fields))
