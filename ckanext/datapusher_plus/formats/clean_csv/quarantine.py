"""Split a table into the rows that can be loaded, for COPY, and the rejected rows, listed in a file for people.

Only one record is in memory at a time; blocks in which nothing can be wrong are copied as they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...core.quarantine import BOM, HEADER, LISTED_BYTES, LISTED_ROWS, Check, Fault, neutral, wrong_width
from ...core.values import CleanCsv
from .records import CsvRecord, Dialect, Piece, RowShape, plain, read_header, records
from .validate import Block, content_end, is_left_out, joined, walk

_COMMAS = Dialect(separator=b",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that is rejected."""

    #: number of the line, row, record or feature in the published file, as ``CleanCsv.counts`` says
    number: int
    #: number of its fields
    width: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """The result of ``sift``: how many rows were kept and rejected."""

    rows: int
    rejected: int
    #: rejected rows that were written to the list
    listed: int
    #: rejected rows that are as wide as the header, but have values that do not fit their column's type
    misfits: int
    #: the first rejected row in the file's order
    first: Reject | None
    first_misfit: Reject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The input of ``sift``."""

    #: the table as converted; its lines or records are those of the published file
    csv: CleanCsv
    shape: RowShape
    checks: Sequence[Check] = ()
    #: number of rows at the beginning, of those as wide as the header, that need no checks
    fine: int = 0
    #: rows that may be rejected; with more, the file is refused and the list is limited in size
    most: int = 0


def shape_of(csv: CleanCsv) -> RowShape:
    """Return the shape of an orderly row of canonical CSV."""
    header = read_header(csv.path, _COMMAS)
    width = len(csv.header)
    # in other formats a record or a spreadsheet row without values was published as such, and is kept
    skips_empty = csv.counts == "line" and width > 1
    return RowShape(width, b",", header.newline if header else b"\n", skips_empty=skips_empty)


def sift(job: Job, target: Path, rejects: Path) -> Sifted:
    """Write the rows that can be loaded to ``target``, in a form that COPY reads, and all others to ``rejects``.

    Blank lines, and rows of nothing but separators, are written to neither. ``rejects`` is not created when no row is
    rejected. When more than ``job.most`` rows are rejected, ``target`` is incomplete.

    :raises BadQuoting: when a quoted value is followed by stray text or never ends.
    """
    with ExitStack() as files:
        sieve = _Sieve(job, files.enter_context(target.open("wb")), rejects, files)
        for item in walk(job.csv.path, job.shape, end=content_end(job.csv.path)):
            if isinstance(item, Block) and sieve.is_fine(item):
                sieve.pass_on(item)
            else:
                for record in _records(item):
                    sieve.look_at(record)
    return sieve.found()


def _records(item: Block | CsvRecord) -> Iterator[CsvRecord]:
    if isinstance(item, CsvRecord):
        yield item
    else:
        yield from records(Piece(item.data, item.line, final=True), _COMMAS)


class _Sieve:
    """The state of one ``sift``: the files written to, and the counts so far."""

    def __init__(self, job: Job, out: BinaryIO, rejects: Path, files: ExitStack) -> None:
        self._job = job
        self._out = out
        self._rejects = rejects
        self._files = files
        self._rejected_to: BinaryIO | None = None
        #: records read, including blank ones and the header
        self._records = 0
        #: line or record number of the header in the converted file; None before it is reached
        self._header: int | None = None
        self._seen = -1
        self._rows = -1
        self._rejected = self._listed = self._misfits = 0
        self._first: Reject | None = None
        self._first_misfit: Reject | None = None

    def found(self) -> Sifted:
        """Return the counts at the end of the file."""
        return Sifted(
            rows=self._rows,
            rejected=self._rejected,
            listed=self._listed,
            misfits=self._misfits,
            first=self._first,
            first_misfit=self._first_misfit,
        )

    def is_fine(self, block: Block) -> bool:
        """Return whether no row of a block needs a check; the rows of a block are all as wide as the header."""
        return not self._job.checks or self._seen + block.rows <= self._job.fine

    def pass_on(self, block: Block) -> None:
        """Keep a block unchanged."""
        if self._header is None:
            self._header = block.line if self._by_line else self._records + 1
        self._records += block.rows
        self._seen += block.rows
        self._rows += block.rows
        self._out.write(block.data)

    def look_at(self, record: CsvRecord) -> None:
        """Keep or reject one record."""
        self._records += 1
        wide = len(record.values) == self._job.shape.width
        if is_left_out(record, self._job.shape):
            return
        if self._header is None:
            self._header = self._place(record)
            faults: tuple[Fault, ...] = ()
        else:
            faults = self._faults(record)
        self._seen += wide
        if faults:
            self._reject(record, faults)
        else:
            self._rows += 1
            self._out.write(joined(record, self._job.shape.newline))

    def _faults(self, record: CsvRecord) -> tuple[Fault, ...]:
        width = self._job.shape.width
        if len(record.values) != width:
            return (wrong_width(len(record.values), width),)
        found = (check.fault(plain(record.values[check.position])) for check in self._job.checks)
        return tuple(fault for fault in found if fault)

    def _reject(self, record: CsvRecord, faults: tuple[Fault, ...]) -> None:
        self._rejected += 1
        reject = Reject(number=self._number(record), width=len(record.values), faults=faults)
        self._first = self._first or reject
        if faults[0].column is not None:
            self._misfits += 1
            self._first_misfit = self._first_misfit or reject
        if self._rejected == self._job.most + 1:
            # the file is refused, so the rows that could be loaded are not needed
            self._out = self._files.enter_context(_nowhere())
        if self._rejected <= self._job.most or self._has_room():
            self._listed += 1
            self._write(record, reject)

    def _has_room(self) -> bool:
        """Return whether another row may be listed when the file is refused."""
        size = self._rejected_to.tell() if self._rejected_to else 0
        return self._listed < LISTED_ROWS and size < LISTED_BYTES

    def _write(self, record: CsvRecord, reject: Reject) -> None:
        if self._rejected_to is None:
            self._rejected_to = self._files.enter_context(self._rejects.open("wb"))
            self._rejected_to.write(BOM + _line(HEADER))
        row = b",".join(record.values).decode()
        for fault in reject.faults:
            self._rejected_to.write(_line((str(reject.number), fault.column or "", fault.value, fault.reason, row)))
            # the row itself is written once only: repeated for each fault of a wide row, it could fill the disk
            row = ""

    @property
    def _by_line(self) -> bool:
        return self._job.csv.counts == "line"

    def _place(self, record: CsvRecord) -> int:
        return record.line if self._by_line else self._records

    def _number(self, record: CsvRecord) -> int:
        """Return a record's number in the published file, counted as ``CleanCsv.counts`` says."""
        place, csv = self._place(record), self._job.csv
        if csv.counts not in ("line", "row"):
            # records and features are counted without the header
            return place - (self._header or 0)
        if self._by_line and csv.first_line == 1:
            # there may be blank lines above the header
            return place
        return place - (self._header or 0) + csv.first_line


def _nowhere() -> BinaryIO:
    return Path(os.devnull).open("wb")


def _line(values: Sequence[str]) -> bytes:
    """Return values as a line of CSV that is safe to open in a spreadsheet program."""
    return (",".join(map(_quoted, values)) + "\r\n").encode()


def _quoted(value: str) -> str:
    value = neutral(value)
    return '"' + value.replace('"', '""') + '"' if any(sign in value for sign in ',"\r\n') else value
