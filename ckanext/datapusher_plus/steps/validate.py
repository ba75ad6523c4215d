"""Check that every row has as many fields as the header, and remove what COPY would misread.

Blank lines are not rows: those at the end are left by editors, and one elsewhere in a table of several columns cannot
be a record. In a table of one column a blank line is a record without a value. Rows of only separators, which
spreadsheet programs write for empty rows, are left out too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..checkpoint import reach
from ..core.errors import HeadingTooLong, TooManyColumns
from ..core.message import say, say_n
from ..core.quarantine import Share
from ..core.values import CleanCsv, Log
from ..formats import Limits
from ..formats.clean_csv.quarantine import shape_of
from ..formats.clean_csv.validate import Findings, examine
from ..formats.sandbox.limited_fork import limited
from ..formats.text.decoding import listed
from ..settings import current
from .quarantine import sift


def validate(csv: CleanCsv, log: Log) -> CleanCsv:
    """Return the table with its rows counted, all as wide as the header; a few rows of another width are left out.

    :raises TooManyColumns: when there are more than ``Limits.columns``.
    :raises HeadingTooLong: when a heading is longer than ``Limits.heading``.
    :raises RaggedRow: naming the first row of another width, when there are too many such rows.
    :raises BadQuoting: naming the line where a quoted value is malformed.
    """
    _check_headings(csv.header)
    shape = shape_of(csv)
    first_line = csv.first_line if csv.counts == "line" else 1
    findings = limited(lambda _: examine(csv.path, shape, first_line), log, size=csv.path.stat().st_size)
    share = Share(
        rejected=findings.ragged_rows,
        total=findings.rows + findings.ragged_rows,
        limit=current().max_quarantine_pct,
    )
    kept = replace(csv, rows=share.total)
    if findings.ragged and not share.allowed:
        # this refuses the file, and lists the rejected rows first
        sift(kept, "orderly.csv", log)
    _log_findings(findings, log)
    if not findings.tidy:
        kept = sift(kept, "orderly.csv", log)
    reach("validate.after")
    return kept


def _check_headings(header: Sequence[str]) -> None:
    if len(header) > Limits.columns:
        raise TooManyColumns(len(header), Limits.columns)
    for number, heading in enumerate(header, 1):
        if len(heading) > Limits.heading:
            raise HeadingTooLong(number, len(heading), Limits.heading)


def _log_findings(findings: Findings, log: Log) -> None:
    blank, empty = findings.blank_lines, findings.empty_rows
    if blank:
        log.warning(
            say("{count} blank lines among the rows were left out: {listed}.", count=len(blank), listed=listed(blank))
        )
    if empty:
        log.info(
            say_n(
                "{n} row of nothing but separators was left out: line {lines}.",
                "{n} rows of nothing but separators were left out: lines {lines}.",
                empty,
                lines=listed(findings.empty_lines),
            )
        )
    log.info(
        say_n(
            "{n} row with as many fields as the header.", "{n} rows with as many fields as the header.", findings.rows
        )
    )
