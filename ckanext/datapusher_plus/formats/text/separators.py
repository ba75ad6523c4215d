"""Score how well a separator explains the first rows of a text, to compare all candidates.

The score is higher the more rows have the same number of columns, the more columns there are, and the more values look
like values: numbers, text without other separators, quotes that close. Commas are common in text and numbers,
semicolons are rare there, bars and tabs hardly ever occur.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.message import say

SEPARATORS = {b",": say("commas"), b"\t": say("tabs"), b";": say("semicolons"), b"|": say("bars")}
#: a character that no text has, as the separator of a table of one column
NO_SEPARATOR = b"\x1f"
#: weight of each separator as evidence that it separates
_WEIGHT = {b"\t": 1.0, b"|": 0.9, b";": 0.8, b",": 0.6}
#: weight of a comma where the resource says that it is the decimal separator
_DECIMAL_COMMA = 0.3
#: factor for the separator that the resource's format implies; CSV's is not counted, as it says little
_NAMED = 2.0
#: factor for a table that has other lines above it
_BELOW_TITLES = 0.5
#: factor for a separator that splits bracketed text in headings, as `codes (a` and `b)`
_CUT_BRACKETS = 0.02
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
#: score of a value that holds another separator
_WITHIN = {b"\t": -1.0, b"|": -0.75, b";": -0.5}
_NUMBER_WORTH = 1.5
_QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
_BESIDE_QUOTE = re.compile(rb'"[ ]?[,;\t|]|[,;\t|][ ]?"')
_NUMBER = re.compile(
    rb"[-+]?(?:\d+(?:[.,]\d+)?|\d{1,3}(?:([., '])\d{3})(?:\1\d{3})*(?:[.,]\d+)?)(?:[eE][-+]?\d+)?\s?%?"
    rb"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}[:\d.]*)?|\d{1,2}:\d{2}[:\d.]*"
)
#: digits that may come before a decimal comma
_DIGITS = re.compile(rb"(?:\A|[\s;|])[-+]?[\d.]+\Z")
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]{2}")
#: a separator that is not punctuation of a sentence
_SEPARATED = re.compile(rb"[\t|]|[,;](?! |\xc2\xa0|\Z)")
#: a comma in a sentence or a name
_SPOKEN = re.compile(rb", |,$")


def weight(
    separator: bytes, *, named: bytes = b"", decimal: str = "", titles: bool = False, cut: bool = False
) -> float:
    """Return the weight of a separator, independent of the rows.

    :param named: the separator that the resource's format implies; empty if it implies none.
    :param decimal: the decimal separator set for the resource.
    :param titles: there are other lines above the table.
    :param cut: it splits bracketed text in the header.
    """
    found = _WEIGHT.get(separator, 1.0)
    if separator == b"," == decimal.encode():
        found = _DECIMAL_COMMA
    found *= _CUT_BRACKETS if cut else 1
    return found * (_NAMED if separator == named else 1) * (_BELOW_TITLES if titles else 1)


def cuts_brackets(header: Sequence[bytes], separator: bytes) -> bool:
    """Return whether brackets are balanced in the header as a whole, but not in each heading."""
    return not _unclosed(separator.join(header)) and any(map(_unclosed, header))


def _unclosed(text: bytes) -> bool:
    return any(text.count(opened) != text.count(closed) for opened, closed in _BRACKETS)


def separates(rows: Sequence[Sequence[bytes]], separator: bytes) -> bool:
    """Return whether a separator splits some rows, the header first, but no sentence, number, quote or bracket."""
    header, *below = rows
    if cuts_brackets(header, separator) or any(value[:1].isspace() for values in rows for value in values[1:]):
        return False
    if any(b'"' in value and not _QUOTED.fullmatch(value.strip()) for values in rows for value in values):
        return False
    within_number = [_DIGITS.search(values[-2]) and values[-1][:1].isdigit() for values in below]
    return separator != b"," or not all(within_number)


def is_prose(text: bytes) -> bool:
    """Return whether all commas and semicolons of a line are as in sentences, before blanks, and it has words."""
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
    """Return whether a value's semicolons are punctuation: each has a space after it."""
    return separator == b";" and value.count(b"; ") == value.count(b";")
