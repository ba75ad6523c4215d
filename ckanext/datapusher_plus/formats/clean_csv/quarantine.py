"""Parting a table from its rows that cannot be loaded: these go to a file for people, the others to what COPY reads.

One record at a time is held in memory, and blocks in which nothing can be wrong are copied as they are.
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
    """A row that is left out."""

    #: of the line, row, record or feature in the published file, as ``CleanCsv.counts`` says
    number: int
    #: its fields
    width: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What was kept, and what was not."""

    rows: int
    rejected: int
    #: rejected rows that were written
    listed: int
    #: of the rejected rows those as wide as the header, with values that do not fit
    misfits: int
    #: in the file's order
    first: Reject | None
    first_misfit: Reject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be done."""

    #: the table as converted, whose lines or records are those of the published file
    csv: CleanCsv
    shape: RowShape
    checks: Sequence[Check] = ()
    #: rows that the checks need not look at, of those as wide as the header
    fine: int = 0
    #: rows that may be rejected; with more the file is refused, and the list of them is bounded
    most: int = 0


def shape_of(csv: CleanCsv) -> RowShape:
    """Return the shape of an orderly row of canonical CSV."""
    header = read_header(csv.path, _COMMAS)
    width = len(csv.header)
    # a record or a sheet's row without any value is one that was published so
    skips_empty = csv.counts == "line" and width > 1
    return RowShape(width, b",", header.newline if header else b"\n", skips_empty=skips_empty)


def sift(job: Job, target: Path, rejects: Path) -> Sifted:
    """Write the rows that can be loaded to ``target`` so that COPY understands them, all others to ``rejects``.

    Blank lines and rows of nothing but separators go nowhere. ``rejects`` is not made when there are none. When there
    are too many, ``target`` ends early.

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
    """Where the reading of a file has come to."""

    def __init__(self, job: Job, out: BinaryIO, rejects: Path, files: ExitStack) -> None:
        self._job = job
        self._out = out
        self._rejects = rejects
        self._files = files
        self._rejected_to: BinaryIO | None = None
        #: records that were seen, blank ones and the header included
        self._records = 0
        #: number of the header, and its record or line in the converted file; None before it
        self._header: int | None = None
        self._seen = -1
        self._rows = -1
        self._rejected = self._listed = self._misfits = 0
        self._first: Reject | None = None
        self._first_misfit: Reject | None = None

    def found(self) -> Sifted:
        """Return what was found."""
        return Sifted(
            rows=self._rows,
            rejected=self._rejected,
            listed=self._listed,
            misfits=self._misfits,
            first=self._first,
            first_misfit=self._first_misfit,
        )

    def is_fine(self, block: Block) -> bool:
        """Tell whether all rows of a block are as wide as the header, and none needs a look."""
        return not self._job.checks or self._seen + block.rows <= self._job.fine

    def pass_on(self, block: Block) -> None:
        """Keep a block as it is."""
        if self._header is None:
            self._header = block.line if self._by_line else self._records + 1
        self._records += block.rows
        self._seen += block.rows
        self._rows += block.rows
        self._out.write(block.data)

    def look_at(self, record: CsvRecord) -> None:
        """Keep a record, or reject it."""
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
            # the file is refused, so nobody reads the rows that could be loaded
            self._out = self._files.enter_context(_nowhere())
        if self._rejected <= self._job.most or self._has_room():
            self._listed += 1
            self._write(record, reject)

    def _has_room(self) -> bool:
        """Tell whether the list of a file that is refused takes another row."""
        size = self._rejected_to.tell() if self._rejected_to else 0
        return self._listed < LISTED_ROWS and size < LISTED_BYTES

    def _write(self, record: CsvRecord, reject: Reject) -> None:
        if self._rejected_to is None:
            self._rejected_to = self._files.enter_context(self._rejects.open("wb"))
            self._rejected_to.write(BOM + _line(HEADER))
        row = b",".join(record.values).decode()
        for fault in reject.faults:
            self._rejected_to.write(_line((str(reject.number), fault.column or "", fault.value, fault.reason, row)))
            # once is enough: a row of many columns that all do not fit would fill the disk
            row = ""

    @property
    def _by_line(self) -> bool:
        return self._job.csv.counts == "line"

    def _place(self, record: CsvRecord) -> int:
        return record.line if self._by_line else self._records

    def _number(self, record: CsvRecord) -> int:
        """Return what the published file calls a record."""
        place, csv = self._place(record), self._job.csv
        if csv.counts not in ("line", "row"):
            # records and features are counted without a header
            return place - (self._header or 0)
        if self._by_line and csv.first_line == 1:
            # blank lines may stand above the header
            return place
        return place - (self._header or 0) + csv.first_line


def _nowhere() -> BinaryIO:
    return Path(os.devnull).open("wb")


def _line(values: Sequence[str]) -> bytes:
    """Return values as a line of CSV, safe to open in a spreadsheet."""
    return (",".join(map(_quoted, values)) + "\r\n").encode()


def _quoted(value: str) -> str:
    value = neutral(value)
    return '"' + value.replace('"', '""') + '"' if any(sign in value for sign in ',"\r\n') else value
