"""The sorts of values that an engine distinguishes, and the profile of a column that follows from their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum, unique
from typing import NamedTuple

from ..core.types import patterns
from ..core.types.patterns import Form
from ..core.values import ColumnProfile


@unique
class Sort(IntEnum):
    """The sort of one value, as a scan determines it."""

    INTEGER = 0
    DECIMAL = 1
    EXPONENT = 2
    BARE_EXPONENT = 3
    DATE = 4
    LOCAL = 5
    ZONED = 6
    TEXT = 7
    NULL_WORD = 8
    BLANK = 9


class Same(NamedTuple):
    """Values of one column that have the same sort and, if they mean NULL, the same text."""

    #: None when the values are empty without quotes
    sort: int | None
    #: text that means NULL; None for other sorts, and for such a text with blanks around it
    word: str | None
    number: int
    longest: int
    sample: str

    def joined(self, other: Same) -> Same:
        """Return these values and others of the same sort and text together."""
        return self._replace(number=self.number + other.number, longest=max(self.longest, other.longest))


def _form(name: str, pattern: str) -> Form:
    return Form(name=name, pattern=pattern)


_FORMS = (
    (Sort.INTEGER, _form("integer", patterns.INTEGER)),
    (Sort.DECIMAL, _form("decimal", patterns.DECIMAL)),
    (Sort.DATE, patterns.ISO_DATE),
    (Sort.LOCAL, patterns.ISO_LOCAL),
    (Sort.ZONED, patterns.ISO_ZONED),
    (Sort.EXPONENT, _form("exponent", patterns.EXPONENT)),
    (Sort.BARE_EXPONENT, _form("bare exponent", patterns.BARE_EXPONENT)),
)


def sort_of(value: str, nulls: Sequence[str] = ()) -> Sort:
    """Return the sort of a value; ``nulls`` are the texts that mean NULL."""
    word = value.strip(patterns.BLANKS)
    if not word:
        return Sort.BLANK
    if word in nulls:
        return Sort.NULL_WORD
    # no number, date or time begins with a character above 9
    if word[0] > "9":
        return Sort.TEXT
    return next((sort for sort, form in _FORMS if form.takes(value)), Sort.TEXT)


def column_profile(name: str, header: str, found: Sequence[Same]) -> ColumnProfile:
    """Return the profile of a column of these values."""
    found = sorted((same for same in found if same.sort is not None), key=lambda same: (same.sort, same.word or ""))
    count = Counter[int | None]()
    for same in found:
        count[same.sort] += same.number
    unsaid = (Sort.BLANK, Sort.NULL_WORD)
    return ColumnProfile(
        name=name,
        header=header,
        values=count.total() - count[Sort.BLANK],
        blanks=count[Sort.BLANK],
        nulls=count[Sort.NULL_WORD],
        null_words={same.word: same.number for same in found if same.word is not None},
        integers=count[Sort.INTEGER],
        decimals=count[Sort.INTEGER] + count[Sort.DECIMAL],
        exponents=count[Sort.EXPONENT],
        bare_exponents=count[Sort.BARE_EXPONENT],
        dates=count[Sort.DATE],
        timestamps=count[Sort.LOCAL] + count[Sort.ZONED],
        zoned=count[Sort.ZONED],
        max_length=max((same.longest for same in found), default=0),
        samples=tuple(same.sample for same in found if same.sort not in unsaid),
    )
