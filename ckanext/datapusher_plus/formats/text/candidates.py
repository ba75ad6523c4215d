"""How one separator splits the first records of a text: where the header then is, and how many rows agree with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from statistics import median_low

from ..clean_csv.records import CsvRecord, Dialect, Piece, records
from .padding import looks_padded
from .separators import cuts_brackets, plausibility, separates, weight

#: records by which a table is judged
_SAMPLE = 50
#: bytes that are read for it: titles, the widest header, and some rows
HEAD_BYTES = 1 << 20
#: with fewer records than this before a quote that is not closed, the records after it are also read
_FEW = 3
#: evidence of a header without rows, where 1 means that all rows agree
_ONE_RECORD = 0.25
#: another separator is a rival from this share of the best score
_DOUBTFUL = 0.6
_BLANK_LINE = re.compile(rb"[^\S\r\n]*\r")
#: the last CR of a run that no LF follows
_LONE_RETURN = re.compile(rb"\r[^\r\n]")
#: up to the first digit it matches in one way only, so that the cost is linear in the length of a value
_NUMERIC = re.compile(rb'"?(?:\s*\+)?[.,:/\s%-]*\d[\d.,:/\s%-]*"?')
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")


@dataclass(frozen=True)
class Candidate:
    """The first records of a text, split by one separator."""

    dialect: Dialect
    start: int
    line: int
    #: the header and the records below it
    rows: Sequence[CsvRecord] = ()
    #: whether there are other lines above the header
    titles: bool = False

    @property
    def separator(self) -> bytes:
        return self.dialect.separator

    @property
    def width(self) -> int:
        """The number of columns up to the last that has a heading."""
        return named_width(self.rows[0].values) if self.rows else 0

    @property
    def certainty(self) -> float:
        """The agreement; 0 when there are no rows that could agree."""
        return self.agreement if self.rows[1:] else 0

    @property
    def everywhere(self) -> bool:
        """Whether the header and at least 90 % of all records have several values."""
        several = [len(row.values) > 1 for row in self.rows if not row.blank]
        return len(several) > 1 and several[0] and sum(several) >= 0.9 * len(several)

    def score(self, named: bytes, decimal: str) -> float:
        """Return how well the separator explains the rows; see ``separators``."""
        if not self.agreement:
            return 0
        table = [row.values for row in self.rows[: _SAMPLE + 1] if self._fits(row.values)]
        columns = (self.width - 1) / self.width if self.width > 1 else 0
        cut = cuts_brackets(self.rows[0].values, self.separator)
        likely = weight(self.separator, named=named, decimal=decimal, titles=self.titles, cut=cut)
        # one record is weak evidence: it may be many lines that an unclosed quote has joined
        evidence = self.agreement**2 if self.rows[1:] else _ONE_RECORD
        return evidence * columns * max(0.01, plausibility(table)) * likely

    @property
    def firm(self) -> bool:
        """Whether all rows are exactly as wide as the header, and the separators are not as in sentences or numbers."""
        rows = [row.values for row in self.rows[: _SAMPLE + 1] if not row.blank]
        alike = len(rows) > 1 and {len(values) for values in rows} == {self.width}
        return alike and self.width > 1 and not self.titles and separates(rows, self.separator)

    @cached_property
    def agreement(self) -> float:
        """The share of rows as wide as a header of several values; empty values at the end do not count."""
        table = [row.values for row in self.rows if not row.blank][: _SAMPLE + 1]
        if not table or len(table[0]) < 2:
            return 0
        rows = _without_notes(table[1:])
        return sum(map(self._fits, rows)) / len(rows) if rows else 1

    def _fits(self, row: Sequence[bytes]) -> bool:
        """Return whether a row is as wide as the header; empty values at the end do not count."""
        header = self.rows[0].values
        if len(row) == len(header):
            return True
        named = named_width(header)
        # tabs at the ends of lines are easily lost
        least = 2 if self.separator == b"\t" else named
        return named > 1 and len(row) >= least and named >= named_width(row)

    @property
    def good(self) -> bool:
        """Whether this may be the file's separator."""
        return self.agreement >= (0.9 if self.titles else 0.5)


def best_of(found: Sequence[Candidate], named: bytes, decimal: str) -> tuple[Candidate, Candidate | None]:
    """Return the candidate with the best score, and a rival that is nearly as likely, or None."""
    scores = {each.separator: each.score(named, decimal) for each in found}
    ranked = sorted((each for each in found if each.good), key=lambda each: -scores[each.separator])
    if not ranked:
        # no candidate is good: take a separator that is in nearly every record
        return next((each for each in found if each.everywhere), found[0]), None
    best, *others = ranked
    enough = _DOUBTFUL * scores[best.separator]
    # a rival that treats as a title the header with which all rows agree does not count
    sure = best.agreement == 1 and not best.titles
    others = [each for each in others if not (sure and each.titles)]
    doubtful = [each for each in others if each.firm or scores[each.separator] >= enough]
    return best, doubtful[0] if doubtful else None


def look(head: bytes, start: int, separator: bytes) -> Candidate:
    """Return the candidate for a separator, for the records from ``start`` on."""
    dialect = Dialect(separator=separator, padded=looks_padded(head[start:], separator), lenient=True)
    found = _look_by(head, start, dialect)
    if not _LONE_RETURN.search(head, start):
        return found
    # a lone CR may be part of a value in one row and end another row
    by_returns = _look_by(head, start, replace(dialect, returns=0))
    # the reading in which more rows agree is taken; if none agree in either (one record, one column), lone CRs end rows
    if by_returns.certainty != found.certainty:
        return max(found, by_returns, key=lambda each: each.certainty)
    if not found.certainty:
        return by_returns
    header = found.rows[0].values
    unsure = len(by_returns.rows[0].values) < len(header)
    # a heading does not begin with a blank line
    return by_returns if unsure or _BLANK_LINE.match(header[0]) else found


def _look_by(head: bytes, start: int, dialect: Dialect) -> Candidate:
    line = 1 + head.count(b"\n", 0, start)
    rows, places = _sample(head, start, line, dialect)
    filled = [_filled(record) for record in rows]
    first = next((number for number, record in enumerate(rows) if not record.blank), len(rows))
    if first == len(rows):
        return Candidate(dialect, start, line)
    header = _header_place(rows, filled) or first
    found = Candidate(dialect, places[header], rows[header].line, rows[header:], titles=header > first)
    # lines above count as titles only if nearly all rows below the supposed header agree with it
    return found if found.good or header == first else Candidate(dialect, places[first], rows[first].line, rows[first:])


def _sample(head: bytes, start: int, line: int, dialect: Dialect) -> tuple[list[CsvRecord], list[int]]:
    """Return the first records, and the place where each begins."""
    rows: list[CsvRecord] = []
    places = [start]
    # in a longer file a quoted value may end beyond the bytes read, and the last record may be incomplete
    for final in (len(head) < HEAD_BYTES, True):
        piece = Piece(head, line, final=final, used=start)
        rows.clear()
        places = [start]
        for record in islice(records(piece, dialect), 2 * _SAMPLE):
            rows.append(record)
            places.append(piece.used)
        if final or len(rows) >= _FEW:
            break
    return rows, places


def _header_place(rows: Sequence[CsvRecord], filled: Sequence[int]) -> int:
    """Return the index of the record that is the header when there are others above it; else 0."""
    several = [values for values in filled if values > 1]
    typical = median_low(several) if several else 0
    full = (place for place, values in enumerate(filled) if values > 1 and 3 * values >= 2 * typical)
    place = next(full, 0)
    # a fuller header may follow an empty record
    after_gap = (
        each for each in full if not filled[each - 1] and filled[each] > max(filled[:each]) and _is_header(rows[each])
    )
    place = next(after_gap, place)
    above = [values for values in filled[:place] if values]
    if not above or place + 1 == len(rows) or not _is_header(rows[place]):
        return 0
    return place if typical > 2 or not filled[place - 1] or _above_numbers(rows[place:]) else 0


def is_number(value: bytes) -> bool:
    """Return whether a value is a number, a date or a time, quoted or not."""
    return bool(_NUMERIC.fullmatch(value))


def _filled(record: CsvRecord) -> int:
    return sum(_has_value(value) for value in record.values)


def _has_value(value: bytes) -> bool:
    return bool(value.strip()) and value != b'""'


def _is_header(record: CsvRecord) -> bool:
    words = sum(bool(_LETTER.search(value)) for value in record.values)
    return 2 * words >= _filled(record)


def _above_numbers(table: Sequence[CsvRecord]) -> bool:
    """Return whether some column has a heading that is not a number, above values of which 80 % are."""
    header, *rows = table
    for place, heading in enumerate(header.values):
        below = [row.values[place] for row in rows if place < len(row.values)]
        numbers = sum(is_number(value) for value in below)
        if below and numbers >= 0.8 * len(below) and not is_number(heading):
            return True
    return False


def named_width(values: Sequence[bytes] | Sequence[str]) -> int:
    """Return the number of values up to the last that is not empty."""
    return max((place for place, value in enumerate(values, 1) if value and value != b'""'), default=0)


def _without_notes(rows: list[list[bytes]]) -> list[list[bytes]]:
    """Return the rows without those of a single value at their end, unless all are such rows."""
    last = max((number for number, values in enumerate(rows, 1) if len(values) > 1), default=len(rows))
    return rows[:last]
