"""How well a separator explains the first rows of a text: one score, by which all candidates compete.

The score is higher the more rows agree on their number of columns, the more columns there are, and the more of the
values look like values: numbers, text in which no other separator stands, quotes that close. A comma may well stand in
text and numbers, a semicolon seldom, a bar or a tab hardly ever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SEPARATORS = {b",": "commas", b"\t": "tabs", b";": "semicolons", b"|": "bars"}
#: what stands in no text, for a table of one column
NO_SEPARATOR = b"\x1f"
#: how much it says that a separator is there at all
_WEIGHT = {b"\t": 1.0, b"|": 0.9, b";": 0.8, b",": 0.6}
#: of a comma where the resource says that it stands within numbers
_DECIMAL_COMMA = 0.3
#: of the separator that the resource's format names; that of CSV says little
_NAMED = 2.0
#: of a table above which other lines stand
_BELOW_TITLES = 0.5
#: of a separator that leaves opened brackets in headings, as `codes (a` and `b)`
_CUT_BRACKETS = 0.02
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
#: what a value is worth that has another separator within
_WITHIN = {b"\t": -1.0, b"|": -0.75, b";": -0.5}
_NUMBER_WORTH = 1.5
_QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
_BESIDE_QUOTE = re.compile(rb'"[ ]?[,;\t|]|[,;\t|][ ]?"')
_NUMBER = re.compile(
    rb"[-+]?(?:\d+(?:[.,]\d+)?|\d{1,3}(?:([., '])\d{3})(?:\1\d{3})*(?:[.,]\d+)?)(?:[eE][-+]?\d+)?\s?%?"
    rb"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}[:\d.]*)?|\d{1,2}:\d{2}[:\d.]*"
)
#: what may stand before a decimal comma
_DIGITS = re.compile(rb"(?:\A|[\s;|])[-+]?[\d.]+\Z")
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]{2}")
#: a separator that is none of a sentence
_SEPARATED = re.compile(rb"[\t|]|[,;](?! |\xc2\xa0|\Z)")
#: a comma in a sentence or a name
_SPOKEN = re.compile(rb", |,$")


def weight(
    separator: bytes, *, named: bytes = b"", decimal: str = "", titles: bool = False, cut: bool = False
) -> float:
    """Return how much a separator says by itself.

    :param named: what the resource's format says, if it says anything.
    :param decimal: the decimal separator that the resource says.
    :param titles: other lines stand above the table.
    :param cut: it stands within brackets of the header.
    """
    found = _WEIGHT.get(separator, 1.0)
    if separator == b"," == decimal.encode():
        found = _DECIMAL_COMMA
    found *= _CUT_BRACKETS if cut else 1
    return found * (_NAMED if separator == named else 1) * (_BELOW_TITLES if titles else 1)


def cuts_brackets(header: Sequence[bytes], separator: bytes) -> bool:
    """Tell whether brackets are closed in a header as a whole, but not in each heading."""
    return not _unclosed(separator.join(header)) and any(map(_unclosed, header))


def _unclosed(text: bytes) -> bool:
    return any(text.count(opened) != text.count(closed) for opened, closed in _BRACKETS)


def separates(rows: Sequence[Sequence[bytes]], separator: bytes) -> bool:
    """Tell whether a separator stands in some rows, the header first, as in no sentence, number, quotes or brackets."""
    header, *below = rows
    if cuts_brackets(header, separator) or any(value[:1].isspace() for values in rows for value in values[1:]):
        return False
    if any(b'"' in value and not _QUOTED.fullmatch(value.strip()) for values in rows for value in values):
        return False
    within_number = [_DIGITS.search(values[-2]) and values[-1][:1].isdigit() for values in below]
    return separator != b"," or not all(within_number)


def is_prose(text: bytes) -> bool:
    """Tell whether separators stand in a line, if any do, as in sentences: commas and semicolons before blanks."""
    return not _SEPARATED.search(_QUOTED.sub(b'""', text)) and bool(_LETTER.search(text))


def plausibility(table: Sequence[Sequence[bytes]]) -> float:
    """Return how much the values of some rows, the header first, look like values; 1 where all do."""
    header, *rows = table
    worths = [min(1.0, _worth(value)) for value in header] + [_worth(value) for row in rows for value in row]
    return sum(worths) / len(worths) if worths else 0


def _worth(value: bytes) -> float:
    value = value.strip()
    if value.startswith(b'"'):
        return 1.0 if _QUOTED.fullmatch(value) else -1.0
    if _NUMBER.fullmatch(value):
        return _NUMBER_WORTH
    if b'"' in value and _BESIDE_QUOTE.search(value):
        return -1.0
    within = [worth for separator, worth in _WITHIN.items() if separator in value and not _listed(value, separator)]
    return min(within, default=0.5 ** (value.count(b",") - len(_SPOKEN.findall(value))))


def _listed(value: bytes, separator: bytes) -> bool:
    """Tell whether semicolons stand in a value as in a sentence."""
    return separator == b";" and value.count(b"; ") == value.count(b";")
