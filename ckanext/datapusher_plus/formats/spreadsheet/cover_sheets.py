"""Recognise cover sheets: many workbooks begin with a page of text about the data, or a list of their sheets."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from .workbook import SheetRow

#: a sheet with more rows than this is not a cover sheet
MOST_ROWS = 100
#: words that a line of text has at least; a heading has fewer
_SENTENCE = 4
#: characters that a line has at least in a script without spaces between words
_LONG = 12
#: labels that a form has at most
_MOST_LABELS = 30
_ADDRESS = re.compile(r"@\w|://|\bwww\.")
#: marks of text, as opposed to values of a list: the end of a sentence (not that of "Inc."), or a label
_MARK = re.compile(r"(?:\w{5}|\b[^\W\dA-Z]{2,})[.!?]$|[:;。！？：؟]$|^[^\W\d][^:：]{0,40}[:：]\s|©")
#: a sheet's number, as in "Table 3" and "T3:"
_NUMBERED = re.compile(r"\D*(\d{1,3})[.:)]?\s*$")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")


def is_cover(rows: Sequence[SheetRow], others: Collection[str]) -> bool:
    """Return whether a sheet holds text about the data instead of data.

    :param rows: the first rows of the sheet, at least one more than ``MOST_ROWS`` if it has so many.
    :param others: the names of the other sheets.
    """
    if not rows or len(rows) > MOST_ROWS:
        return False
    values = [[value for value in row if value is not None] for _, row in rows]
    return _is_prose(rows, values) or _lists_sheets(values, others)


def is_table(rows: Sequence[SheetRow]) -> bool:
    """Return whether at least half of a sheet's rows, and more than one, have several values."""
    filled = [sum(value is not None for value in row) for _, row in rows]
    wide = sum(values > 1 for values in filled)
    return wide > 1 and 2 * wide >= len(filled)


def _is_prose(rows: Sequence[SheetRow], values: Sequence[Sequence[str]]) -> bool:
    """Return whether the rows are lines of text, some of them sentences, or labels with their values."""
    lines = [row[0] for row in values if len(row) == 1]
    pairs = [row for row in values if len(row) == 2]
    if len(lines) + len(pairs) < len(values):
        return False
    if _is_form(pairs):
        return len(pairs) > len(lines) or _is_text(rows, lines)
    return 5 * len(pairs) <= len(values) and _is_text(rows, lines)


def _is_form(pairs: Sequence[Sequence[str]]) -> bool:
    """Return whether the pairs are short labels with values of different kinds, as in "Published", "2026-01-01"."""
    labels = {label for label, _ in pairs}
    if len(pairs) > _MOST_LABELS or len(labels) < len(pairs) or any(len(label.split()) > 5 for label in labels):
        return False
    if 2 * sum(label.rstrip().endswith((":", "：")) for label in labels) > len(pairs):
        return True
    return len({_kind(value) for _, value in pairs}) > 2


def _kind(value: str) -> str:
    if any(map(str.isdigit, value)) and not any(map(str.isalpha, value)):
        return "number"
    if _ADDRESS.search(value):
        return "address"
    return "sentence" if len(value.split()) > 5 else "name"


def _is_text(rows: Sequence[SheetRow], lines: Sequence[str]) -> bool:
    sentences = sum(map(_is_sentence, lines))
    return sentences > 0 and 3 * sentences >= len(lines) and not _is_list(rows, lines)


def _is_list(rows: Sequence[SheetRow], lines: Sequence[str]) -> bool:
    """Return whether lines are the values of one column: a short heading, no gaps, and few marks of text."""
    first, last = rows[0][0], rows[-1][0]
    has_gaps = last - first >= len(rows)
    heading, *below = lines
    marks = sum(bool(_MARK.search(line.strip()) or _ADDRESS.search(line)) for line in below)
    if has_gaps or _is_sentence(heading) or not below:
        return False
    return 4 * marks < len(below) or len(below) >= 20


def _is_sentence(line: str) -> bool:
    return len(line.split()) >= _SENTENCE or (len(line) >= _LONG and bool(_UNSPACED.search(line)))


def _lists_sheets(values: Sequence[Sequence[str]], others: Collection[str]) -> bool:
    """Return whether the rows (at least half) name other sheets (at least half of them), or are numbered like these."""
    names = {_bare(name) for name in others}
    if len(names) < 2:
        return False
    numbers = [int(found[1]) for row in values if len(row) > 1 and (found := _NUMBERED.match(row[0]))]
    if numbers == list(range(1, len(names) + 1)):
        return True
    named = [found for row in values if (found := names & {_bare(value) for value in row})]
    return 2 * len(named) >= len(values) and 2 * len(frozenset().union(*named)) >= len(names)


def _bare(name: str) -> str:
    return " ".join(name.split()).casefold().rstrip(".:")
