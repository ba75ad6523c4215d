"""Find where the table is in a text, and how its values are separated, from its first records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..clean_csv.records import CsvRecord, read_header
from .candidates import HEAD_BYTES, Candidate, best_of, is_number, look, named_width
from .padding import is_padded
from .separators import NO_SEPARATOR, SEPARATORS, is_prose

#: the line that spreadsheet programs write above a table to name its separator
_SEP_LINE = re.compile(rb'"?sep=([^\r\n"])"?[^\S\r\n]*(?:\r*\n|\r)', re.IGNORECASE)
#: with this many columns, another separator than the one that such a line names is considered
_MANY = 3
_COMMENTS = re.compile(rb"(?:#[^\n]*\n|[^\S\n]*\n)*#[^\n]*\n")
_QUOTED = re.compile(rb'"[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a table is in a file, and how it is written."""

    separator: bytes
    header: tuple[str, ...]
    #: LF or CRLF
    newline: bytes
    #: place where the header begins, in bytes
    start: int
    #: number of the header's line
    first_line: int
    #: the lines above the header, without blank ones
    above: tuple[str, ...]
    #: whether most of the first records agree on the separator, or a `sep=` line names it
    agreed: bool
    #: whether the header or some of the first rows end in separators with nothing after them
    trailing: bool
    #: whether spaces and tabs between separators and quotes are layout, not data
    padded: bool = False
    #: the separator named by a first line like `sep=;`, if there is one
    declared: bytes = b""
    #: another separator that is nearly as likely, and the number of columns that it makes
    rival: tuple[bytes, int] | None = None
    #: whether it is one column of sentences, in which commas and semicolons do not separate
    prose: bool = False


def by_returns(head: bytes) -> bool:
    """Return whether lines end in CR alone, as on old Macs; quoted values may hold other line ends."""
    lean = _QUOTED.sub(b"", head)
    return b"\r" in lean and b"\n" not in lean


def is_separated(head: bytes, separator: bytes) -> bool:
    """Return whether this separator is the likeliest, and all first records have the header's number of values."""
    found = [look(head, 0, each) for each in SEPARATORS]
    best = max(found, key=lambda each: each.score(b"", ""))
    return best.separator == separator and best.agreement == 1


def find_layout(path: Path, own: bytes, decimal: str = "") -> Layout | None:
    """Return the layout of a file whose lines end in LF or CRLF; None when all lines are blank.

    :param own: the separator that the resource's format implies.
    :param decimal: the decimal separator set for the resource; empty if none.
    :raises BadQuoting: when a heading is quoted wrongly.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    declared = _SEP_LINE.match(head)
    above = declared.end() if declared else 0
    found = _candidates(head, above, declared[1] if declared else b"", own)
    best, rival = best_of(found, own if own != b"," else b"", decimal)
    prose = own == b"," and not declared and _is_prose(found)
    if prose:
        best = look(head, best.start, NO_SEPARATOR)
    dialect = replace(best.dialect, lenient=False, padded=is_padded(path, best.dialect, best.start))
    header = read_header(path, dialect, best.start, best.line)
    if header is None:
        return None
    return Layout(
        separator=best.separator,
        header=header.values,
        newline=header.newline,
        start=best.start,
        first_line=best.line,
        above=tuple(filter(None, (shown(line) for line in head[above : best.start].splitlines()))),
        agreed=best.good or bool(declared),
        trailing=_trailing(best.rows),
        padded=dialect.padded,
        declared=declared[1] if declared else b"",
        rival=rival and (rival.separator, len(rival.rows[0].values)),
        prose=prose,
    )


def _is_prose(found: Sequence[Candidate]) -> bool:
    """Return whether there is one heading with any separator, and sentences with commas below it.

    When each row has the same number of values, a heading may be missing instead.
    """
    if not all(each.rows and len(each.rows[0].values) == 1 for each in found):
        return False
    tables = [[row.values for row in each.rows[1:] if not row.blank] for each in found]
    missing = any(len({len(values) for values in rows}) == 1 != len(rows[0]) for rows in tables if rows)
    lines = [
        each.separator.join(values) for each, rows in zip(found, tables, strict=True) for values in rows if values[1:]
    ]
    return bool(lines) and not missing and all(map(is_prose, lines))


def _candidates(head: bytes, start: int, declared: bytes, own: bytes) -> list[Candidate]:
    """Return the candidates for the separators that are possible, the likeliest first."""
    others = [own, *(each for each in SEPARATORS if each != own)]
    if not declared:
        start += _comments(head[start:], others)
        return [look(head, start, separator) for separator in others]
    start += _comments(head[start:], [declared])
    named = look(head, start, declared)
    found = [look(head, start, separator) for separator in others if separator != declared and not named.good]
    return [named, *(each for each in found if each.agreement == 1 and each.width >= _MANY)]


def shown(line: bytes) -> str:
    """Return a line as messages quote it, at most 80 characters."""
    text = " ".join(line.decode("utf-8", "replace").strip(' ,;|\t"').split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def _comments(head: bytes, separators: Iterable[bytes]) -> int:
    """Return the length of the # lines at the top, without the last one if that is the header."""
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
            # a column of values that begin with #
            return 0
        numbers = any(is_number(value.strip()) for value in following.split(separator))
        if wide and wide == following.count(separator) and (numbers or not loose):
            return found.end() - len(last)
    one_column = not any(separator in last + following for separator in separators)
    return 0 if one_column and len(lines) == 1 and not loose else found.end()


def _trailing(table: Sequence[CsvRecord]) -> bool:
    if not table:
        return False
    width = len(table[0].values)
    return named_width(table[0].values) < width or any(
        len(row.values) > width >= named_width(row.values) for row in table[1:] if not row.blank
    )
