"""The values that are passed from step to step: frozen, each made by one step and read by the next.

Ticket ─fetch→ Source ─convert→ CleanCsv ─analyse→ Analysed ─plan→ LoadPlan
LoadPlan ─stage→ Staged ─swap→ Swapped ─publish→ Published
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .boxes import Box
from .choices import FullText, ReadOptions, Strategy
from .dictionary.model import Dictionary
from .difference import Difference
from .index_plan import Index
from .kept import KeptTable
from .log import Log as Log  # noqa: PLC0414 (other modules import it from here)
from .personal_data.findings import Found
from .quarantine import Rejected
from .sums import Sums
from .types.patterns import Accepts

if TYPE_CHECKING:
    # it imports LoadPlan from here
    from .append import AppendRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One request to load one resource's file, as the resource stood when the run began."""

    run_id: str
    resource_id: str
    package_id: str
    name: str
    url: str
    #: ``upload`` for a file that CKAN holds, empty for a link
    url_type: str
    #: the resource's format as its publisher typed it; may be empty
    format: str
    mimetype: str
    #: load even if the file has not changed
    ignore_hash: bool
    #: stop before the first write outside ``work_dir``
    dry_run: bool
    requested_at: datetime
    #: the run's own folder, removed when it ends
    work_dir: Path
    #: the resource whose file is read, if it is not its own; its url, url_type and format are in the ticket
    file_of: str = ""
    #: bytes of the file, as far as CKAN knows
    size: int | None = None
    options: ReadOptions = ReadOptions()
    #: sentences about fields of the resource that could not be understood
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file as it was published."""

    path: Path
    #: last part of the address or the uploaded file's name, for format detection and the log
    filename: str
    size: int
    #: hexadecimal digest of the bytes by ``file_hash_algorithm``
    hash: str
    #: media type the server named, without parameters; None for an upload
    content_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanCsv:
    """The table as canonical CSV: UTF-8 without BOM, commas, RFC 4180 quoting, one header line.

    All lines end in the same way: in LF or in CRLF, and in LF if a heading contains a line break.
    """

    path: Path
    #: column headings as published, in order
    header: tuple[str, ...]
    #: name of the format it was made from, such as CSV or TSV
    format: str
    encoding: str
    #: rows below the header; None until validated
    rows: int | None = None
    #: for each column the kind that the file itself declares, as in ``column_kind.Kind``, or None; () for none at all
    declared: tuple[str | None, ...] = ()
    #: the published file has commas between its values, and quotes only where necessary
    between_commas: bool = False
    #: line or row of the header in the published file; 0 where rows are counted without a header
    first_line: int = 1
    #: unit of the numbers in messages: line, row, record or feature
    counts: str = "line"
    #: sheet, layer or list of records that it was read from, if the file has these; empty: none
    sheet: str = ""
    #: separator of the published file's values, if two or more columns make it certain; empty: not known, or none
    separator: str = ""
    #: file of a ZIP archive that it was read from; empty: none
    member: str = ""
    #: the table as it was converted, before rows were left out or rewritten; None: this one
    original: Path | None = None
    #: bounds of its shapes, if it has any
    box: Box | None = None
    #: the rows that were left out of it
    rejected: Rejected | None = None

    @property
    def read_as(self) -> dict[str, str]:
        """Return those of sheet, encoding, separator and file of an archive that the file has."""
        read = {"sheet": self.sheet, "encoding": self.encoding, "separator": self.separator, "member": self.member}
        return {name: value for name, value in read.items() if value}


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """Facts about all values of one column; blank values are counted in ``blanks`` only."""

    #: column name in the table: unique, safe, at most 63 bytes
    name: str
    #: heading as published
    header: str
    values: int
    #: whole numbers in plain digits, optional minus sign, no leading zeros, at most 18 digits
    integers: int
    #: numbers with a decimal point, and plain integers too
    decimals: int
    #: numbers written with an exponent
    exponents: int
    #: ISO 8601 calendar dates
    dates: int
    #: ISO 8601 dates with a time, with or without zone
    timestamps: int
    #: those of the timestamps that have a zone or Z
    zoned: int
    #: length of the longest value, in characters; an engine may see only the first 600 of a longer one
    max_length: int
    #: values that are quoted but empty, or consist of blanks; NULL in every type but text
    blanks: int = 0
    #: values that are one of the texts that mean NULL; NULL in every type but text
    nulls: int = 0
    #: number of these by text, without those that have blanks around them
    null_words: Mapping[str, int] = field(default_factory=dict)
    #: numbers with an exponent that may also be codes
    bare_exponents: int = 0
    #: one value of each sort that the engine distinguishes
    samples: tuple[str, ...] = ()
    #: number of values that each further form takes, by the form's name, if it was counted
    counted: Mapping[str, int] = field(default_factory=dict)
    #: kind that the file itself declares for the column, as in ``column_kind.Kind``; empty: none
    declared: str = ""

    @cached_property
    def present(self) -> int:
        """Return the number of values that do not mean NULL."""
        return self.values - self.nulls


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """The table and what is known about all its rows."""

    csv: CleanCsv
    rows: int
    columns: tuple[ColumnProfile, ...]
    sums: Sums = Sums()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """One column of the table that will be made."""

    name: str
    #: PostgreSQL type name: text, numeric, timestamp, date, …
    type: str
    #: SQL expression for the value, over the raw text column of the same name; ``{0}`` is replaced by that column
    cast: str
    #: raw column comment to set, or None
    comment: str | None
    #: the values that the cast accepts; None when it is known to accept all values of the column
    accepts: Accepts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """Everything that the writing steps need to know; a dry run stops when it is made."""

    run_id: str
    resource_id: str
    csv: CleanCsv
    rows: int
    columns: tuple[ColumnSpec, ...]
    strategy: Strategy
    full_text: FullText
    #: the Data Dictionary that must survive: the live table's, else the stash's
    kept: Dictionary | None
    #: whether a live table was seen when the plan was made
    live: bool
    #: a run is skipped if this equals the last good run's
    load_key: str
    file_hash: str
    #: sentences that the publisher must read first
    warnings: tuple[str, ...] = ()
    #: texts that become NULL, with their counts, by column
    null_words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    #: (old, new) of columns that were probably renamed, if the new one lacks what is kept about the old one
    renamed: tuple[tuple[str, str], ...] = ()
    #: None: neither a table nor a dictionary of one was found
    difference: Difference | None = None
    #: personal data that a screening has found
    found: tuple[Found, ...] = ()
    #: digest of the clean CSV, as ``sha256:`` and hexadecimal digits; empty until it is known
    digest: str = ""
    #: what is to be added to the live table; None: a new one is made of the whole file
    append_range: AppendRange | None = None
    automatic_indexes: tuple[Index, ...] = ()
    #: fields that the resource gets when the table is published; None removes a field
    fields: Mapping[str, Any] = field(default_factory=dict)
    #: the kept table to bring back in place of a file, and the load key of the file whose load is undone
    undo: KeptTable | None = None
    undone_key: str = ""
    #: how numbers and dates are written, as ``types.written``
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def read_as(self) -> dict[str, str]:
        """Return how the file is read."""
        return {**self.csv.read_as, **self.written}

    @property
    def personal(self) -> tuple[str, ...]:
        """Return the names of the columns that seem to hold personal data."""
        return tuple(dict.fromkeys(each.column for each in self.found))

    @property
    def named(self) -> tuple[tuple[str, ...], ...]:
        """Return (name, type) of each column, with the heading as a third item if it differs from the name."""
        return tuple(
            (column.name, column.type) if heading.strip() == column.name else (column.name, column.type, heading)
            for column, heading in zip(self.columns, self.csv.header, strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A whole table that nobody reads yet."""

    plan: LoadPlan
    table: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapped:
    """The new table in place, the old one parked until the commit; or new rows that the commit will add."""

    plan: LoadPlan
    #: name of the parked table, None when there is none
    parked: str | None
    rows: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The result of a good run, as it is stored in the run's row."""

    rows: int
    #: as ``LoadPlan.named``
    columns: tuple[tuple[str, ...], ...]
    file_hash: str
    load_key: str
    warnings: tuple[str, ...] = ()
    #: number of rows that were left out, and of all rows of the file; None: none were left out
    rejected: tuple[int, int] | None = None
    #: as in ``LoadPlan``, and so is all below
    read_as: Mapping[str, str] = field(default_factory=dict)
    renamed: tuple[tuple[str, str], ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    found: tuple[Found, ...] = ()
    undone_key: str = ""
