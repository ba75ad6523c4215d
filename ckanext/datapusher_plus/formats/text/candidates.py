"""What a separator makes of the first records of a text: where the header is then, and how many rows agree with it."""

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
#: bytes that are looked at for it: titles, the widest header, and some rows
HEAD_BYTES = 1 << 20
#: with fewer rows before a quote that is never closed, what follows is looked at too
_FEW = 3
#: what a header without rows is worth, where 1 is all rows' agreement
_ONE_RECORD = 0.25
#: share of the best one's score from which another separator is a doubt
_DOUBTFUL = 0.6
_BLANK_LINE = re.compile(rb"[^\S\r\n]*\r")
#: the last of some CR that no LF follows
_LONE_RETURN = re.compile(rb"\r[^\r\n]")
#: up to the first digit there is one way to match, so that a long value costs no more than its length
_NUMERIC = re.compile(rb'"?(?:\s*\+)?[.,:/\s%-]*\d[\d.,:/\s%-]*"?')
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")


@dataclass(frozen=True)
class Candidate:
    """What a separator makes of the first records."""

    dialect: Dialect
    start: int
    line: int
    #: the header and what is below it
    rows: Sequence[CsvRecord] = ()
    #: something stands above the header
    titles: bool = False

    @property
    def separator(self) -> bytes:
        return self.dialect.separator

    @property
    def width(self) -> int:
        """Return how many columns have a heading."""
        return named_width(self.rows[0].values) if self.rows else 0

    @property
    def certainty(self) -> float:
        """Return the agreement, 0 when there are no rows that could agree."""
        return self.agreement if self.rows[1:] else 0

    @property
    def everywhere(self) -> bool:
        """Tell whether nearly all rows and the header have several values."""
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
        # one record shows little: a quote that does not close may have made it of many lines
        evidence = self.agreement**2 if self.rows[1:] else _ONE_RECORD
        return evidence * columns * max(0.01, plausibility(table)) * likely

    @property
    def firm(self) -> bool:
        """Tell whether it stands in the header and in each row alike, and in none as in a sentence or a number."""
        rows = [row.values for row in self.rows[: _SAMPLE + 1] if not row.blank]
        alike = len(rows) > 1 and {len(values) for values in rows} == {self.width}
        return alike and self.width > 1 and not self.titles and separates(rows, self.separator)

    @cached_property
    def agreement(self) -> float:
        """Return the share of rows that are as wide as a header of several values, empty ones at the end aside."""
        table = [row.values for row in self.rows if not row.blank][: _SAMPLE + 1]
        if not table or len(table[0]) < 2:
            return 0
        rows = _without_notes(table[1:])
        return sum(map(self._fits, rows)) / len(rows) if rows else 1

    def _fits(self, row: Sequence[bytes]) -> bool:
        """Tell whether a row is as wide as the header, empty values at the end aside."""
        header = self.rows[0].values
        if len(row) == len(header):
            return True
        named = named_width(header)
        # tabs at the ends of lines are lost easily
        least = 2 if self.separator == b"\t" else named
        return named > 1 and len(row) >= least and named >= named_width(row)

    @property
    def good(self) -> bool:
        """Tell whether it may well be the file's separator."""
        return self.agreement >= (0.9 if self.titles else 0.5)


def best_of(found: Sequence[Candidate], named: bytes, decimal: str) -> tuple[Candidate, Candidate | None]:
    """Return what the likeliest separator makes of the rows, and what another one does that is nearly as likely."""
    scores = {each.separator: each.score(named, decimal) for each in found}
    ranked = sorted((each for each in found if each.good), key=lambda each: -scores[each.separator])
    if not ranked:
        # rows of any widths, but with this separator in each of them
        return next((each for each in found if each.everywhere), found[0]), None
    best, *others = ranked
    enough = _DOUBTFUL * scores[best.separator]
    # what takes a header for a title with which all rows agree is no doubt
    sure = best.agreement == 1 and not best.titles
    others = [each for each in others if not (sure and each.titles)]
    doubtful = [each for each in others if each.firm or scores[each.separator] >= enough]
    return best, doubtful[0] if doubtful else None


def look(head: bytes, start: int, separator: bytes) -> Candidate:
    """Return what a separator makes of the records from a place on."""
    dialect = Dialect(separator=separator, padded=looks_padded(head[start:], separator), lenient=True)
    found = _look_by(head, start, dialect)
    if not _LONE_RETURN.search(head, start):
        return found
    # a CR that is a part of a value in some row need not be in another
    by_returns = _look_by(head, start, replace(dialect, returns=0))
    # a header in which they would stand, or without rows, tells nothing, nor does one column; there they end rows
    if by_returns.certainty != found.certainty:
        return max(found, by_returns, key=lambda each: each.certainty)
    if not found.certainty:
        return by_returns
    header = found.rows[0].values
    unsure = len(by_returns.rows[0].values) < len(header)
    # no heading begins with a line of blanks
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
    # titles are but seen where nearly all of the rows below agree
    return found if found.good or header == first else Candidate(dialect, places[first], rows[first].line, rows[first:])


def _sample(head: bytes, start: int, line: int, dialect: Dialect) -> tuple[list[CsvRecord], list[int]]:
    """Return the first records and the place where each begins."""
    rows: list[CsvRecord] = []
    places = [start]
    # in a file that goes on a quoted value may end beyond what is looked at, and the last record need not be whole
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
    """Return the number of the record that is the header when others stand above it, else 0."""
    several = [values for values in filled if values > 1]
    typical = median_low(several) if several else 0
    full = (place for place, values in enumerate(filled) if values > 1 and 3 * values >= 2 * typical)
    place = next(full, 0)
    # fuller rows may follow an empty one
    after_gap = (
        each for each in full if not filled[each - 1] and filled[each] > max(filled[:each]) and _is_header(rows[each])
    )
    place = next(after_gap, place)
    above = [values for values in filled[:place] if values]
    if not above or place + 1 == len(rows) or not _is_header(rows[place]):
        return 0
    return place if typical > 2 or not filled[place - 1] or _above_numbers(rows[place:]) else 0


def is_number(value: bytes) -> bool:
    """Tell whether a value is a number, a date or the like, quoted or not."""
    return bool(_NUMERIC.fullmatch(value))


def _filled(record: CsvRecord) -> int:
    return sum(_has_value(value) for value in record.values)


def _has_value(value: bytes) -> bool:
    return bool(value.strip()) and value != b'""'


def _is_header(record: CsvRecord) -> bool:
    words = sum(bool(_LETTER.search(value)) for value in record.values)
    return 2 * words >= _filled(record)


def _above_numbers(table: Sequence[CsvRecord]) -> bool:
    """Tell whether a heading that is no number stands above numbers."""
    header, *rows = table
    for place, heading in enumerate(header.values):
        below = [row.values[place] for row in rows if place < len(row.values)]
        numbers = sum(is_number(value) for value in below)
        if below and numbers >= 0.8 * len(below) and not is_number(heading):
            return True
    return False


def named_width(values: Sequence[bytes] | Sequence[str]) -> int:
    """Return how many values there are up to the last that is not empty."""
    return max((place for place, value in enumerate(values, 1) if value and value != b'""'), default=0)


def _without_notes(rows: list[list[bytes]]) -> list[list[bytes]]:
    """Return rows without those of one value at their end, unless there are no others."""
    last = max((number for number, values in enumerate(rows, 1) if len(values) > 1), default=len(rows))
    return rows[:last]
