"""Check that every row has as many fields as the header, and put in order what COPY would misread.

Blank lines are no rows: those at the end are what editors leave behind, and one elsewhere in a table of several columns
cannot be a record. In a table of one column a blank line is a record without a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..checkpoint import reach
from ..core.errors import HeadingTooLong, NothingToLoad, RaggedRow, TooManyColumns
from ..core.values import CleanCsv, Log
from ..formats import Limits
from ..formats.check import Findings, Shape, examine, put_in_order
from ..formats.records import read_header


def validate(csv: CleanCsv, log: Log) -> CleanCsv:
    """Return the table with its rows counted, every one of them as wide as the header.

    :raises TooManyColumns: when no table could hold it.
    :raises HeadingTooLong: when a heading cannot be one.
    :raises RaggedRow: naming the first row of another width, and how many there are.
    :raises BadQuoting: naming the line where a quoted value goes wrong.
    :raises NothingToLoad: when there is no row below the header.
    """
    _check_headings(csv.header)
    header = read_header(csv.path, b",")
    shape = Shape(len(csv.header), b",", header.newline if header else b"\n")
    findings = examine(csv.path, shape, csv.first_line if csv.counts == "line" else 1)
    if findings.ragged:
        raise RaggedRow(findings.ragged.line, findings.ragged.found, shape.width, findings.ragged_rows)
    if findings.rows < 1:
        raise NothingToLoad("has a header line but no rows")
    _tell(findings, log)
    path = csv.path
    if not findings.tidy:
        path = path.with_name("orderly.csv")
        put_in_order(csv.path, shape, path)
    reach("validate.after")
    return replace(csv, path=path, rows=findings.rows)


def _check_headings(header: Sequence[str]) -> None:
    if len(header) > Limits.columns:
        raise TooManyColumns(len(header), Limits.columns)
    for number, heading in enumerate(header, 1):
        if len(heading) > Limits.heading:
            raise HeadingTooLong(number, len(heading), Limits.heading)


def _tell(findings: Findings, log: Log) -> None:
    blank = findings.blank_lines
    if blank:
        first = ", ".join(f"{line:,}" for line in blank[:5]) + (", …" if len(blank) > 5 else "")
        log.warning(f"{len(blank):,} blank lines among the rows were left out: {first}.")
    log.info(f"{findings.rows:,} rows, all with as many fields as the header.")
