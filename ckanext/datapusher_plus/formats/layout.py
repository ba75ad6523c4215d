"""Where the table is in a text, and how its values are separated: judged by the first records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median_low

from ..core.errors import BadQuoting
from .records import Piece, Record, read_header, records

SEPARATORS = {b",": "commas", b"\t": "tabs", b";": "semicolons", b"|": "bars"}
#: records by which a table is judged
_SAMPLE = 50
#: bytes that are looked at for it: titles, the widest header, and some rows
_HEAD_BYTES = 1 << 20
#: what spreadsheet programs write above a table to say how it is separated
_SEP_LINE = re.compile(rb'"?sep=([^\r\n"])"?[^\S\r\n]*\r?\n', re.IGNORECASE)
_COMMENTS = re.compile(rb"(?:#[^\n]*\n|[^\S\n]*\n)*#[^\n]*\n")
_NUMERIC = re.compile(rb'"?\s*[-+]?[\d.,:/\s%-]*\d[\d.,:/\s%-]*"?')
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
_QUOTED = re.compile(rb'"[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a table is and how it is written."""

    separator: bytes
    header: tuple[str, ...]
    #: LF or CRLF
    newline: bytes
    #: bytes above the header
    start: int
    #: line on which the header stands
    first_line: int
    #: what stands above the header, blank lines aside
    above: tuple[str, ...]
    #: several records agree on the separator
    agreed: bool
    #: some of the first rows, or the header, end in separators with nothing after them
    trailing: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """What a separator makes of the first records."""

    separator: bytes
    start: int
    line: int
    #: the header and what is below it
    rows: Sequence[Record] = ()
    #: something stands above the header
    titles: bool = False

    @property
    def agreement(self) -> float:
        """Return the share of rows that are as wide as a header of several values, empty ones at the end aside."""
        table = [row.values for row in self.rows if not row.blank][: _SAMPLE + 1]
        if not table or len(table[0]) < 2:
            return 0
        header, rows = table[0], _without_notes(table[1:])
        named = named_width(header)
        # tabs at the ends of lines are lost easily
        least = 2 if self.separator == b"\t" else named
        alike = sum(
            len(row) == len(header) or (named > 1 and len(row) >= least and named >= named_width(row)) for row in rows
        )
        return alike / len(rows) if rows else 1

    @property
    def good(self) -> bool:
        """Tell whether it may well be the file's separator."""
        return self.agreement >= (0.9 if self.titles else 0.5)


def by_returns(head: bytes) -> bool:
    """Tell whether lines end in CR alone, as those of old Macs do; in quotes may be others."""
    lean = _QUOTED.sub(b"", head)
    return b"\r" in lean and b"\n" not in lean


def is_separated(head: bytes, separator: bytes) -> bool:
    """Tell whether the first records have several values each, as many as the header."""
    found = _look(head, 0, separator)
    return found.agreement == 1


def find_layout(path: Path, own: bytes) -> Layout | None:
    """Return where the table is in a file whose lines end in LF or CRLF; None when it has nothing but blank lines.

    :raises BadQuoting: when a heading is quoted wrongly.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    named = _SEP_LINE.match(head)
    above = named.end() if named else 0
    candidates = (named[1],) if named else (own, *(each for each in SEPARATORS if each != own))
    above += _comments(head[above:], candidates)
    found = [_look(head, above, separator) for separator in candidates]
    best = max(found, key=lambda each: (each.good and not each.titles, each.good, each.agreement))
    best = best if best.good else found[0]
    header = read_header(path, best.separator, best.start)
    if header is None:
        return None
    return Layout(
        separator=best.separator,
        header=header.values,
        newline=header.newline,
        start=best.start,
        first_line=best.line,
        above=tuple(
            filter(None, (shown(line) for line in head[named.end() if named else 0 : best.start].splitlines()))
        ),
        agreed=best.good or bool(named),
        trailing=_trailing(best.rows),
    )


def shown(line: bytes) -> str:
    """Return a line as messages quote it."""
    text = " ".join(line.decode("utf-8", "replace").strip(' ,;|\t"').split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def _comments(head: bytes, separators: Iterable[bytes]) -> int:
    """Return the length of the lines at the top that begin with #, but for one that is the header."""
    found = _COMMENTS.match(head)
    if not found:
        return 0
    lines = found[0].splitlines(keepends=True)
    *_, last = lines
    following = head[found.end() :].split(b"\n", 1)[0]
    loose = last.startswith(b"# ")
    for separator in separators:
        wide = last.count(separator)
        if (
            wide
            and len({line.count(separator) for line in lines}) == 1
            and not loose
            and (len(lines) > 2 or not following)
        ):
            # a column of values that begin so
            return 0
        numbers = any(is_number(value.strip()) for value in following.split(separator))
        if wide and wide == following.count(separator) and (numbers or not loose):
            return found.end() - len(last)
    one_column = not any(separator in last + following for separator in separators)
    return 0 if one_column and len(lines) == 1 and not loose else found.end()


def _look(head: bytes, start: int, separator: bytes) -> _Found:
    """Return what a separator makes of the records from a place on."""
    line = 1 + head.count(b"\n", 0, start)
    piece = Piece(head, line, final=False, used=start)
    rows: list[Record] = []
    places: list[int] = []
    place = start
    try:
        for record in islice(records(piece, separator), 2 * _SAMPLE):
            rows.append(record)
            places.append(place)
            place = piece.used
    except BadQuoting:
        return _Found(separator, start, line)
    filled = [_filled(record) for record in rows]
    first = next((number for number, record in enumerate(rows) if not record.blank), len(rows))
    if first == len(rows):
        return _Found(separator, start, line)
    header = _header_place(rows, filled) or first
    found = _Found(separator, places[header], rows[header].line, rows[header:], titles=header > first)
    # titles are but seen where nearly all of the rows below agree
    return found if found.good or header == first else _Found(separator, places[first], rows[first].line, rows[first:])


def _header_place(rows: Sequence[Record], filled: Sequence[int]) -> int:
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


def _filled(record: Record) -> int:
    return sum(_has_value(value) for value in record.values)


def _has_value(value: bytes) -> bool:
    return bool(value.strip()) and value != b'""'


def _is_header(record: Record) -> bool:
    words = sum(bool(_LETTER.search(value)) for value in record.values)
    return 2 * words >= _filled(record)


def _above_numbers(table: Sequence[Record]) -> bool:
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


def _trailing(table: Sequence[Record]) -> bool:
    if not table:
        return False
    width = len(table[0].values)
    return named_width(table[0].values) < width or any(
        len(row.values) > width >= named_width(row.values) for row in table[1:]
    )
